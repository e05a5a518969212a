"""How releases are, as people see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fairlead.cli.output import styled
from fairlead.cli.text.status import age, status_lines
from fairlead.cli.wire.plans import status_document
from fairlead.domain.health import HealthState
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision
from fairlead.domain.status import Drift, ReleaseStatus
from tests.conftest import Golden

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
STATES = (
    ReleaseStatus(
        ReleaseKey("test", "sandbox-1", "shop", "web"),
        HealthState.CURRENT,
        Drift.NONE,
        since="2026-11-21T09:00:00Z",
        revision=Revision(Commit("a1b2c3d4e5f6", dirty=True), "sha256:11", "sha256:22"),
    ),
    ReleaseStatus(
        ReleaseKey("test", "sandbox-1", "shop", "api"),
        HealthState.FAILED,
        Drift.DRIFTED,
        (ObjectRef("apps/v1", "Deployment", "shop", "api"), ObjectRef("v1", "Service", "shop", "api")),
        cause="Pod api-5d4f: container api cannot pull registry.sandbox:5000/api:9.9.9: there is no such tag",
        since="2026-11-21T11:55:30Z",
        next="the kubelet tries again every 5 minutes",
        revision=Revision(Commit(None, dirty=False), "sha256:11", "sha256:22"),
    ),
    ReleaseStatus(ReleaseKey("test", "sandbox-1", "shop", "db"), HealthState.NOT_FOUND, Drift.UNKNOWN),
)


@pytest.mark.parametrize("width", [None, 80])
def test_states(golden: Golden, width: int | None) -> None:
    text = styled(status_lines(status_document(STATES), width, now=NOW), color=False)
    golden(f"cli/status{'' if width is None else f'-{width}'}.txt", text)
    assert width is None or max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(seconds=-5), "0s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(minutes=1), "1m"),
        (timedelta(hours=23, minutes=59), "23h"),
        (timedelta(days=40), "40d"),
    ],
)
def test_ages(ago: timedelta, expected: str) -> None:
    assert age((NOW - ago).isoformat(), NOW) == expected


def test_no_releases_are_one_line() -> None:
    assert len(styled(status_lines(status_document(()), 80, now=NOW), color=False).splitlines()) == 1
