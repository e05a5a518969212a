"""What recorded requests tell of drivers: each check notices what it is there for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.answers import Answer, Kind
from fairlead.domain.packing import pack
from fairlead.domain.rollout.phases import Phase
from tests.domain.rollout.walks import unit_in
from tests.faults.proxy import Done
from tests.faults.rules import Call
from tests.faults.unit_anchors import ANCHOR_TYPE
from tests.faults.unit_history import Change
from tests.faults.unit_requests import FOLLOWED_WITHIN, is_switch, misled, stale, unread

HERE = "/api/v1/namespaces/default"
ANCHOR = Call("PUT", f"{HERE}/secrets/fairlead.unit.v1.shop", number=1)
LIST, READ, DELETE = (
    Call(*one)
    for one in (("GET", f"{HERE}/services"), ("GET", f"{HERE}/services/shop-1"), ("DELETE", f"{HERE}/services/shop-1"))
)
SWITCH = Call("PATCH", f"{HERE}/services/shop", number=2, body=b'[{"op":"replace","path":"/spec/selector"}]')
SWITCHED, CONFIRMED = 100.0, 101.0
ANSWER = Answer(Kind.NEW, SWITCHED, SWITCHED, SWITCHED + 0.5, SWITCHED + 0.5, 200, "2", "pod", "")


@pytest.mark.parametrize(
    ("calls", "is_unread"),
    [
        ((LIST, DELETE), False),
        ((ANCHOR, READ, DELETE), False),
        ((READ, ANCHOR, DELETE), True),
        ((DELETE,), True),
        ((Call("DELETE", "/apis/coordination.k8s.io/v1/namespaces/default/leases/fairlead-1"),), False),
    ],
    ids=["listed", "read", "read before the anchor", "never read", "a sign of life"],
)
def test_what_is_deleted_has_been_read_since_the_anchor_was_swapped(
    calls: tuple[Call, ...], *, is_unread: bool
) -> None:
    assert bool(unread(calls)) is is_unread


def test_a_late_write_is_stale_where_another_driver_has_written() -> None:
    assert stale([SWITCH, DELETE], [replace(SWITCH, method="PUT")]) == [f"stale: {SWITCH}"]


def test_only_a_new_selector_of_the_route_is_a_switch() -> None:
    touch = replace(SWITCH, body=b'[{"op":"add","path":"/metadata/annotations"}]')
    other = replace(SWITCH, path=f"{HERE}/services/shop-1")
    assert [is_switch(call, "shop") for call in (SWITCH, touch, other)] == [True, False, False]


def _history() -> list[Change]:
    def route(version: str) -> dict[str, Any]:
        return {"kind": "Service", "metadata": {"name": "shop"}, "spec": {"selector": {"version": version}}}

    document = pack(unit_in(Phase.SOAKING).anchor.to_json())[0]
    anchor = {"kind": "Secret", "type": ANCHOR_TYPE, "data": {"document": document}}
    changes = [(4, "Service", route("1")), (6, "Service", route("2")), (8, "Secret", anchor)]
    return [Change(at, kind, gone=False, obj=one) for at, kind, one in changes]


DONE = [Done(SWITCH, SWITCHED, SWITCHED + 0.1, 6), Done(ANCHOR, CONFIRMED - 0.1, CONFIRMED, 8)]
LATE = CONFIRMED + FOLLOWED_WITHIN + 0.1


@pytest.mark.parametrize(
    ("answer", "done", "told"),
    [
        (ANSWER, DONE, []),
        (replace(ANSWER, answered=SWITCHED - 0.1), DONE, ["R9"]),
        (replace(ANSWER, version="1", sent=CONFIRMED), DONE, []),
        (replace(ANSWER, version="1", sent=LATE), DONE, ["R10"]),
        (replace(ANSWER, version="1", sent=LATE, kind=Kind.KEPT), DONE, []),
        (ANSWER, [replace(DONE[0], version=5), DONE[1]], ["the route went to 2 at 6 by no recorded request"]),
    ],
    ids=[
        "in time",
        "before the switch",
        "while it is followed",
        "after it had left",
        "on an old connection",
        "unknown",
    ],
)
def test_each_answer_comes_from_the_side_that_has_the_traffic(
    answer: Answer, done: list[Done], told: list[str]
) -> None:
    assert [one.partition(":")[0] for one in misled([answer], _history(), done, "shop")] == told
