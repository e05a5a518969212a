"""A unit in the words of the API: where it is, why, and what comes next and when."""

from __future__ import annotations

import pytest

from fairlead.domain.moments import rfc3339
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.service import UnitStatus
from fairlead.server.api.unit_wire import unit_item
from fairlead.server.showing import standing_of
from tests.domain.rollout.walks import unit_in

KEY = UnitKey("main", "prod", "shop")


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_says_why_what_comes_next_and_until_when(phase: Phase) -> None:
    anchor = unit_in(phase).anchor
    shown = standing_of(UnitStatus(KEY, anchor)).document
    assert shown["cause"]
    assert shown["next"]
    assert shown["until"] == (None if anchor.deadline is None else rfc3339(anchor.deadline))
    hot = [one["next"] for one in shown["versions"] if one["state"] == "Hot"]
    live = [one["next"] for one in shown["versions"] if one["state"] == "Live"]
    assert all(hot)
    assert not any(live)
    item = unit_item(shown)
    assert (item.phase, item.cause, item.next, item.live) == (phase, shown["cause"], shown["next"], shown["live"])
