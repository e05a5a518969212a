"""The server's store is lost: what a real cluster knows of an app makes its records again."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.store.store import SqliteStore
from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.declaring.apps.reading import read_descriptor
from fairlead.domain.keeping.deployments import DeploymentFilter
from fairlead.domain.keeping.limits import Limits
from fairlead.pipeline.rebuilding import UnitMemory, rebuild
from tests.e2e.running import RunningSandbox
from tests.e2e.units import unit_site

pytestmark = pytest.mark.e2e


async def test_records_come_back_from_the_cluster(real_sandbox: RunningSandbox, namespace: str, tmp_path: Path) -> None:
    async with unit_site(real_sandbox, namespace) as site:
        wanted = site.descriptor()
        await site.deploy(wanted)
        await site.deploy(site.descriptor(env={"COLOUR": "green"}))

        store = SqliteStore(tmp_path / "store.sqlite", Limits())
        made = await rebuild(store, UnitMemory(site.units), [site.key], SystemClock())
        again = await rebuild(store, UnitMemory(site.units), [site.key], SystemClock())
        records = {each.identifier: each for each in (await store.deployments.page(DeploymentFilter())).items}
        await store.close()

    assert (made, again) == (2, 0)
    assert {name: (each.status.value, each.version) for name, each in records.items()} == {
        "d1": ("replaced", "1"),
        "d2": ("deployed", "2"),
    }
    assert all(each.document["by"] == "tester" for each in records.values())
    found = read_descriptor(records["d1"].document["descriptor"])
    assert isinstance(found, Descriptor)
    assert (found.app, found.namespace, found.main.replicas) == (wanted.app, namespace, wanted.main.replicas)
