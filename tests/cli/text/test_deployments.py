"""What a deployment came to, as people see it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.cli.output import styled
from fairlead.cli.text.deployments import deployment_lines
from fairlead.cli.wire.plans import deployments_document
from fairlead.domain.app_waiting import HANDED_OVER
from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.health import HealthState
from fairlead.domain.identity import Commit, ReleaseKey, Revision
from tests.conftest import Golden

REVISION = Revision(Commit(None, dirty=False), "sha256:11", "sha256:22")


def deployment(name: str, outcome: Outcome, *, health: HealthState | None, explanation: str = "") -> Deployment:
    key = ReleaseKey("test", "sandbox-1", "shop", name)
    summary = {"create": 1, "update": 2, "delete": 0, "recreate": 0, "keep": 4, "skip": 0}
    if outcome is Outcome.UNCHANGED:
        summary = dict.fromkeys(summary, 0)
    return Deployment(key, outcome, REVISION, "sha256:33", summary, health, 12.345, explanation)


DEPLOYMENTS = (
    deployment("settings", Outcome.UNCHANGED, health=HealthState.CURRENT),
    deployment("web", Outcome.SUCCEEDED, health=HealthState.CURRENT),
    deployment(
        "api",
        Outcome.FAILED,
        health=HealthState.FAILED,
        explanation=(
            "Deployment api: 0 of 2 pods are ready.\n"
            "Pod api-5d4f: container api cannot pull registry.sandbox:5000/api:9.9.9: the registry says that there is "
            "no such tag."
        ),
    ),
    replace(
        deployment("store", Outcome.SUCCEEDED, health=HealthState.PROGRESSING, explanation="version 2 is asked for"),
        code=HANDED_OVER,
    ),
    deployment("worker", Outcome.SKIPPED, health=None, explanation="api, on which it depends, failed"),
)


@pytest.mark.parametrize("width", [None, 80])
def test_deployments(golden: Golden, width: int | None) -> None:
    text = styled(deployment_lines(deployments_document(DEPLOYMENTS), width), color=False)
    golden(f"cli/deployments{'' if width is None else f'-{width}'}.txt", text)
    assert width is None or max(map(len, text.splitlines())) <= width


def test_nothing_to_do_is_one_line() -> None:
    assert len(styled(deployment_lines(deployments_document(()), 80), color=False).splitlines()) == 1
