"""What a server keeps is opened, tidied and closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.bootstrap import system_clock
from fairlead.bootstrap.storing import open_administration, open_store
from fairlead.domain.authorising.auditing import AuditEntry
from fairlead.domain.errors import OperationFailed
from fairlead.domain.keeping.answers import Once
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.units import UnitKey

OLD = datetime(2020, 1, 1, tzinfo=UTC)


async def test_a_store_is_of_one_server_and_tidied(tmp_path: Path) -> None:
    file, limits = tmp_path / "store.sqlite", Limits(deployment_age=timedelta(days=1))
    async with open_store(file, system_clock(), Limits(deployment_age=timedelta(days=99_999))) as store:
        for name in "ab":
            web = UnitKey("prod", "shop", "web")
            await store.deployments.add(StoredDeployment(name, web, "d", DeploymentStatus.FAILED, {}, OLD, OLD))
        with pytest.raises(OperationFailed) as caught:
            async with open_store(file, system_clock()):
                pass

    assert caught.value.code == "storeBusy"
    async with open_store(file, system_clock(), limits) as store:
        for name in "ab":  # whoever writes second is behind the first round
            await store.requests.claim(Once("ci", name, ""), "a", OLD)
        assert len((await store.deployments.page(DeploymentFilter())).items) == 1


@pytest.mark.parametrize("tidied", [True, False], ids=["server", "command"])
async def test_an_administration_is_open_to_several(tmp_path: Path, tidied: bool) -> None:
    file = tmp_path / "administration.sqlite"
    now = system_clock().now()
    async with open_administration(file, system_clock()) as server:
        async with open_administration(file, system_clock(), tidied=tidied) as command:
            await command.audit.append(AuditEntry(now, "root", "tokens.create", "ci", "allowed", "here"))

        assert [entry.resource for entry in (await server.audit.page()).items] == ["ci"]
