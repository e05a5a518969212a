from __future__ import annotations

import pytest

from fairlead.domain.helm_past import HelmPast, told_by_hand
from fairlead.domain.helm_payload import HelmRevision
from fairlead.domain.helm_release import HelmRelease, HelmStatus


def _past(*revisions: tuple[int, HelmStatus]) -> HelmPast:
    return HelmPast(tuple(HelmRevision(number, "web", "shop", status) for number, status in revisions))


DEPLOYED, FAILED, PENDING = HelmStatus.DEPLOYED, HelmStatus.FAILED, HelmStatus.PENDING_UPGRADE


@pytest.mark.parametrize(
    ("past", "following", "installed", "shown"),
    [
        (_past(), 1, False, (1, False)),
        (_past((1, DEPLOYED)), 2, True, (1, False)),
        (_past((4, DEPLOYED)), 5, True, (4, True)),
        (_past((4, DEPLOYED), (5, FAILED)), 6, True, (4, True)),
        (_past((4, DEPLOYED), (5, PENDING)), 6, True, (4, True)),
        (_past((3, DEPLOYED), (4, DEPLOYED)), 5, True, (4, True)),
        (_past((1, FAILED)), 2, True, (2, True)),
        (_past((3, HelmStatus.UNINSTALLED)), 4, False, (4, False)),
    ],
)
def test_what_a_chart_sees_of_its_release(
    past: HelmPast, following: int, *, installed: bool, shown: tuple[int, bool]
) -> None:
    assert (past.next_revision, past.is_installed) == (following, installed)
    assert (past.shown_revision, past.shown_as_upgrade) == shown


def test_what_helm_did_by_hand_is_a_sentence() -> None:
    info = {"description": "Rollback to 1", "last_deployed": "2026-11-21T02:49:57.1Z", "status": "deployed"}
    told = told_by_hand(HelmRelease({"version": 4, "info": info}))
    assert told == "helm made revision 4 on 2026-11-21T02:49:57Z: Rollback to 1"
    assert told_by_hand(HelmRelease({"version": 4, "info": {"description": "Upgrade complete by Fairlead"}})) == ""
    assert told_by_hand(HelmRelease({"version": 4, "info": {"status": "deployed"}})) == "helm made revision 4: deployed"
