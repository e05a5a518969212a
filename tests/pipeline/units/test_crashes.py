"""Struck at every single write of every operation, then another driver: it ends as if nothing had happened.

What a kill leaves is the cluster as it is between two writes, so each of these moments is followed once: it is before
one write and after the other. What the killed process knew is gone either way.
"""

from __future__ import annotations

import pytest

from tests.pipeline.units.courses import End, followed, moments, staged, struck
from tests.pipeline.units.doors import Fault
from tests.pipeline.units.operations import OPERATIONS

EVERY = 8
"""Every so many writes, the client asks again, or the process is stopped and wakes when another one has ended it."""

ASKED_BY = 4
"""From this write on, whatever is to be asked is asked: who wakes before that asks late, which is another operation."""


@pytest.mark.parametrize("number", range(len(OPERATIONS)), ids=[one.name for one in OPERATIONS])
async def test_an_operation_ends_well_whatever_write_it_is_struck_at(number: int) -> None:
    operation = OPERATIONS[number]
    scene = await staged(operation)
    unasked = await followed(operation, scene.again())
    killed = await moments(operation, scene)
    last = len(killed)
    ends = [await followed(operation, killed.pop())]
    assert (ends[0].told, ends[0].wrong) == (operation.ends, frozenset())
    cases = {f"killed at {at}": one for at, one in enumerate(killed, 1)}
    strikes = [(Fault.REPLY_LOST, at) for at in range(1, last)]
    often = range(ASKED_BY + number % EVERY, last, EVERY)
    strikes += [(fault, at) for fault in (Fault.REPEATED, Fault.STOPPED) for at in often]
    found = {name: await followed(operation, one) for name, one in cases.items()}
    for fault, at in strikes:
        found[f"{fault} at {at}"] = await followed(operation, await struck(operation, scene.again(), fault, at))
    wrong = {name: _differs(end, ends[0], unasked) for name, end in found.items()}
    assert {name: why for name, why in wrong.items() if why} == {}


def _differs(end: End, wanted: End, unasked: End) -> list[str]:
    """Return what is not as it should be: as after the operation, or as if nobody had asked for it."""
    if end.told not in (wanted.told, unasked.told):
        return [end.told, *end.wrong]
    meant = wanted if end.told == wanted.told else unasked
    names = end.objects.keys() | meant.objects.keys()
    return [*end.wrong, *(name for name in sorted(names) if end.objects.get(name) != meant.objects.get(name))]
