"""One operation on a unit of real pods, struck at one write while clients send requests, and what must be true then."""

from __future__ import annotations

import asyncio
import math
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bench.answers import Answer
from fairlead.domain.rollout.anchor import Anchor
from tests.faults.rules import Action, Call, HangUp, Hold, untouched, where
from tests.faults.unit_anchors import broken_by_anchors
from tests.faults.unit_history import broken, ready_at_switch, recorded
from tests.faults.unit_operations import APP, Operation, nobody
from tests.faults.unit_requests import is_of_route, is_switch, misled, stale, unread
from tests.faults.unit_stage import UnitStage

SEEN_AFTERWARDS = 10
"""So many answers are waited for when everything is over."""


class UnitFault(StrEnum):
    """What happens at a write of a driver. One that is stopped goes on when another one has taken the unit over."""

    KILLED_BEFORE = "killed-before"
    KILLED_AFTER = "killed-after"
    REPLY_LOST = "reply-lost"
    STOPPED = "stopped"

    @property
    def kills(self) -> bool:
        """Whether the process ends by it."""
        return self in (UnitFault.KILLED_BEFORE, UnitFault.KILLED_AFTER)


@dataclass(frozen=True, slots=True)
class UnitStrike:
    """A fault at one write of a command, counted from 1 on; at 0: where it leads the traffic elsewhere."""

    fault: UnitFault
    at: int

    def hits(self, call: Call) -> bool:
        """Whether this is the write."""
        return is_switch(call, APP) if self.at == 0 else call.number == self.at

    def action(self, released: asyncio.Event) -> Action:
        """Return what happens there."""
        match self.fault:
            case UnitFault.KILLED_BEFORE:
                return HangUp(committed=False, signal=signal.SIGKILL)
            case UnitFault.KILLED_AFTER:
                return HangUp(committed=True, signal=signal.SIGKILL)
            case UnitFault.REPLY_LOST:
                return HangUp(committed=True)
            case UnitFault.STOPPED:
                return Hold(signal.SIGSTOP, released)


_CODES: Final[Mapping[UnitFault | None, tuple[int, ...]]] = {
    None: (0,),
    UnitFault.KILLED_BEFORE: (-signal.SIGKILL,),
    UnitFault.KILLED_AFTER: (-signal.SIGKILL,),
    UnitFault.REPLY_LOST: (0,),
    UnitFault.STOPPED: (0, 1),
}


@dataclass(slots=True)
class UnitCourse:
    """How it went. `struck` is the write that the fault came to, `code` the exit code, `writes` those of the command.

    `again`: nothing had been asked before it died, so the command ran once more. `told` says how the unit stands, and
    `wrong` is everything that is not as it must be.
    """

    struck: Call | None = None
    code: int = 0
    again: bool = False
    writes: int = 0
    told: str = ""
    failed: int = 0
    answers: list[Answer] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


async def play(stage: UnitStage, operation: Operation, strike: UnitStrike | None = None) -> UnitCourse:
    """Set the stage, have the command struck, drive on, and judge."""
    async with recorded(stage.site.cluster, stage.site.key.namespace) as history:
        course = await _played(stage, operation, strike)
    changes, app = history.of(stage.site.key.name), stage.site.key.name
    course.wrong += broken(history, app) + broken_by_anchors(changes, app)
    course.wrong += misled(course.answers, changes, stage.done, app)
    if (ready := ready_at_switch(history, app)) < operation.least:
        course.wrong.append(f"the traffic came to {ready} ready pods, and {operation.least} were needed")
    return course


async def _played(stage: UnitStage, operation: Operation, strike: UnitStrike | None) -> UnitCourse:
    course, site = UnitCourse(), stage.site
    await operation.stage(site)
    stage.wish(operation.wish(site))
    before = _known(await _anchor(stage))
    async with AsyncExitStack() as stack:
        load = await stack.enter_async_context(stage.clients()) if operation.serves else None
        if operation.asks is not None:
            await operation.asks(site)
        others = asyncio.ensure_future((operation.meanwhile or nobody)(site))
        stack.callback(others.cancel)
        await _struck(stage, operation, strike, course, before)
        anchor = await site.settle()
        await others
        if load is not None and anchor.live is not None:
            await load.reached(len(load.answers) + SEEN_AFTERWARDS)
    course.answers = [] if load is None else load.answers
    course.told = _told(anchor, before)
    course.wrong += [] if course.told == operation.ends else [f"it ended as {course.told}: {anchor.ended}"]
    course.wrong += [message async for message in _misrouted(stage, course, anchor)]
    return course


async def _struck(
    stage: UnitStage, operation: Operation, strike: UnitStrike | None, course: UnitCourse, before: frozenset[str]
) -> None:
    """Run the command with the strike; and again, where nothing was asked before it died."""
    released, late = asyncio.Event(), None
    rule = untouched if strike is None else where(strike.hits, strike.action(released), times=1)
    stage.road.begin()
    running = asyncio.create_task(stage.run(operation.words, rule))
    if strike is not None and strike.fault is UnitFault.STOPPED:
        late = await _overtaken(stage, running, released, before)
    course.code = await running
    course.struck, course.writes = stage.proxy.struck, len(stage.proxy.writes)
    course.wrong += unread(stage.proxy.calls)
    course.wrong += [] if late is None else stale(stage.proxy.accepted[late:], stage.road.accepted)
    fault = None if strike is None or course.struck is None else strike.fault
    if course.code not in _CODES[fault]:
        course.wrong.append(f"the command ended with {course.code}")
    if fault is not None and fault.kills and not _known(await _anchor(stage)) - before:
        course.again = True
        code = await stage.run(operation.words, untouched)
        course.wrong += [] if code == 0 else [f"the command ended with {code} when it ran again"]


async def _overtaken(
    stage: UnitStage, running: asyncio.Task[int], released: asyncio.Event, before: frozenset[str]
) -> int | None:
    """Take the unit over from a process that stands still, and let it go on.

    Returns how many of its writes had been carried out by then; None where it had nothing to be taken over.
    """
    held = asyncio.create_task(stage.proxy.stopped.wait())
    await asyncio.wait({running, held}, return_when=asyncio.FIRST_COMPLETED)
    held.cancel()
    if running.done():
        return None
    has_begun = bool(_known(await _anchor(stage)) - before)
    try:
        if has_begun:
            await stage.site.settle()
        return len(stage.proxy.done) if has_begun else None
    finally:
        released.set()
        stage.proxy.resume()


async def _misrouted(stage: UnitStage, course: UnitCourse, anchor: Anchor) -> AsyncIterator[str]:
    """Say what is wrong with where the traffic is led, and what clients saw of it."""
    live, answers = anchor.live, course.answers
    route = await stage.route()
    if route != (None if live is None else live.name):
        yield f"the traffic is led to {route}, and {live and live.name} is live"
    removals = [one.arrived for one in stage.done if one.call.method == "DELETE" and is_of_route(one.call, APP)]
    for one in answers:
        if one.failed and one.ended < min(removals, default=math.inf):
            course.failed += 1
            yield f"failed: {one}"
    if live is not None:
        await stage.target(live.name)
        if answers and all(one.version != live.name for one in answers):
            yield f"{live.name} never answered"


async def _anchor(stage: UnitStage) -> Anchor:
    return (await stage.site.units.read(stage.site.key)).anchor


def _known(anchor: Anchor) -> frozenset[str]:
    """Return the ids of everything that the unit was ever asked for."""
    known = {one.id for one in (*anchor.queue, *anchor.waiting)} | {one.intent for one in anchor.ended}
    candidate = () if anchor.candidate is None else (anchor.candidate.intent,)
    undeploy = () if anchor.undeploy is None else (anchor.undeploy.id,)
    return frozenset({*known, *candidate, *undeploy})


def _told(anchor: Anchor, before: frozenset[str]) -> str:
    present = ", ".join(one.state.value for one in sorted(anchor.present, key=lambda one: int(one.name)))
    became = ", ".join(one.outcome.value for one in anchor.ended if one.intent not in before)
    return f"{anchor.phase.value}: {present}; {became}"
