"""Switches under load: of each new version once, and between it and the one before while that one is hot.

A Service moves new connections only; those that are open stay with the side that they reached. So what comes on a kept
connection says something only about a version that never had traffic before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bench.answers import Answer, Kind, Summary, first_of, shown, summarize, too_early
from bench.bluegreen.figures import spread
from bench.bluegreen.site import Site, under_load
from fairlead.domain.rollout.intents import Rollback

APP = "shop"
TO_AND_FRO = 5
_REST_SECONDS = 2.0
_SYNC_SECONDS = 1.0  # kube-proxy gathers changes for a second before it carries them out


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch of all traffic to a version. `is_new`: the version had none before."""

    version: str
    is_new: bool
    asked: float
    switched: float
    confirmed: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of all switches.

    `early` counts the answers of a side before it was switched to. `astray` are the new connections that reached the
    old side after Confirmed, in seconds after it. The others are seconds from the request: to the first answer of a
    new version; to Confirmed, and to the first answer on a new connection, of rollbacks.
    """

    summary: Summary
    switches: int
    early: int
    astray: tuple[float, ...]
    answered: tuple[float, ...]
    returned: tuple[float, ...]
    answered_again: tuple[float, ...]

    def __str__(self) -> str:
        """Return all of it as text."""
        return "\n".join(
            (
                shown(replace(self.summary, versions=())),
                f"switches             {self.switches}, {len(self.answered)} to a version that had no traffic before",
                f"before its switch    {self.early} answers of the side that comes",
                f"after Confirmed      {len(self.astray)} new connections to the old side",
                f"  the last of them   {max(self.astray, default=0):.3f} s after",
                f"request to answer    {spread(self.answered)}, new versions",
                f"rollback, Confirmed  {spread(self.returned)}, while hot",
                f"rollback to answer   {spread(self.answered_again)}, while hot",
            )
        )


async def measure(site: Site, count: int, rate: float) -> Figures:
    """Switch so often under load, and return what came of it."""
    await site.deploy(site.descriptor(APP, "1"))
    async with under_load(site, APP, rate) as loaded:
        await asyncio.sleep(_REST_SECONDS)
        switches = [await _switch(site, number) for number in range(count)]
        await asyncio.sleep(_REST_SECONDS)
    return _figures(loaded.answers, switches)


async def _switch(site: Site, number: int) -> Switch:
    cycle, turn = divmod(number, TO_AND_FRO)
    old, new = str(cycle + 1), str(cycle + 2)
    if turn == 0:
        deployment = await site.deploy(site.descriptor(APP, new))
    else:
        deployment = site.name()
        await site.ask(APP, Rollback(deployment, "bench", site.units.engine.clock.now(), deployment))
    line = site.timeline
    times = line.requested(deployment), line.switched(deployment), line.confirmed(deployment)
    await asyncio.sleep(_REST_SECONDS)
    return Switch(new if turn % 2 == 0 else old, turn == 0, *times)


def _figures(answers: Sequence[Answer], switches: Sequence[Switch]) -> Figures:
    new, back = [one for one in switches if one.is_new], [one for one in switches if not one.is_new]
    times = [(one, two.switched) for one, two in pairwise(switches)]
    early = sum(len(too_early(answers, one.version, one.switched)) for one in new)
    early += sum(len(_others(answers, one.version, one.confirmed + _SYNC_SECONDS, until)) for one, until in times)
    return Figures(
        summary=summarize(answers),
        switches=len(switches),
        early=early,
        astray=tuple(
            answer.sent - one.confirmed
            for one, until in times
            for answer in _others(answers, one.version, one.confirmed, until)
        ),
        answered=tuple(first_of(answers, one.version) - one.asked for one in new),
        returned=tuple(one.confirmed - one.asked for one in back),
        answered_again=tuple(_first(answers, one) - one.asked for one in back),
    )


def _others(answers: Sequence[Answer], version: str, since: float, until: float) -> list[Answer]:
    """Return what another version answered to new connections between two moments."""
    found = (one for one in answers if one.kind is Kind.NEW and one.sent > since and one.answered < until)
    return [one for one in found if one.version not in ("", version)]


def _first(answers: Sequence[Answer], switch: Switch) -> float:
    found = (one for one in answers if one.kind is Kind.NEW and one.sent > switch.asked)
    return first_of(found, switch.version)
