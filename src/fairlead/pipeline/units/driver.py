"""THE LOOP: read the anchor, look at the cluster, judge, step, swap the anchor, act; and again until the unit rests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from fairlead.domain.errors import Transient
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.commands import Command, ReadBack, Stop, Touch
from fairlead.domain.rollout.judging import judge
from fairlead.domain.rollout.observation import Observation
from fairlead.domain.rollout.phases import Kind, Phase
from fairlead.domain.rollout.unit_events import Fact, Start, UnitEvent
from fairlead.domain.rollout.unit_machine import step
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.acting import Met, act
from fairlead.pipeline.units.adopting import look_at_adoption
from fairlead.pipeline.units.anchoring import Forestalled, Held, read_anchor, swap_anchor
from fairlead.pipeline.units.diagnosing import Diagnosis
from fairlead.pipeline.units.findings import Findings
from fairlead.pipeline.units.guarded import Overtaken
from fairlead.pipeline.units.health import look_at_health
from fairlead.pipeline.units.leading import Leadership, not_fenced, superseded
from fairlead.pipeline.units.library import Library
from fairlead.pipeline.units.observing import observation
from fairlead.pipeline.units.place import Place
from fairlead.pipeline.units.resting import Rest
from fairlead.pipeline.units.sight import EVERYTHING, MOVING, Sight
from fairlead.pipeline.units.stepping import Look, carried, is_repeating, may_lag, needs_everything
from fairlead.pipeline.units.telling import FOLLOWED, Telling
from fairlead.pipeline.units.turn import Turn
from fairlead.pipeline.units.waking import Waking
from fairlead.ports.clock import Clock
from fairlead.ports.events import UnitSink
from fairlead.ports.fence import behind

FENCE_SECONDS: Final = 60.0
"""So long a takeover tries to touch everything of a unit before it fails."""

SETTLE_SECONDS: Final = 30.0
"""So long a driver that could rest asks again for what is not done yet."""

_STILL: Final = frozenset({Phase.IDLE, Phase.AWAITING, Phase.BLOCKED})

Rests = Callable[[Anchor], bool]
"""Whether a driver may stop at an anchor."""

Acting = Callable[[Anchor], Awaitable[AbstractContextManager[None]]]
"""In which context to look and act by an anchor: it says as whom."""


async def as_oneself(_anchor: Anchor) -> AbstractContextManager[None]:
    """Look and act as whoever runs the driver."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class _Taken:
    """What came of events: the anchor as it is stored now, what was carried out, and what that met."""

    held: Held
    moved: bool
    commands: tuple[Command, ...] = ()
    met: Met | None = None

    def may_go_on(self, look: Look) -> bool:
        """Return whether the look before it says what comes next."""
        return self.moved and self.met is None and look.lasts(self.held.anchor, self.commands)


@dataclass(slots=True)
class Driver:
    """One run's drive of one unit."""

    place: Place
    key: UnitKey
    leadership: Leadership
    sink: UnitSink
    clock: Clock
    waking: Waking
    diagnosis: Diagnosis
    acting: Acting = as_oneself
    findings: Findings = field(default_factory=Findings)
    library: Library = field(init=False)
    _away_since: datetime | None = None
    _met: Fact | None = None
    _is_quiet: bool = False
    _rest: Rest = field(init=False)
    _telling: Telling = field(init=False)
    _is_settled: bool = True
    _resting: datetime | None = None
    _rests: Rests = field(init=False)

    def __post_init__(self) -> None:
        self.library = Library(self.place.anchors, self.key)
        self.findings.changed = self.waking.listener.changed
        self._rest = Rest(self.waking, self.clock)
        self._telling = Telling(self.key, self.sink, self.clock)

    async def run(self, held: Held, rests: Rests) -> Anchor:
        """Take the unit over from the anchor that was read, and drive it until it rests.

        Raises:
            Forestalled: the anchor has changed since it was read.
            OperationFailed: another run has taken over (`superseded`), or this one was silent for too long
            (`leaseLost`).
        """
        self._rests = rests
        with behind(self.leadership):
            try:
                held = await self._take_over(held)
                while True:
                    while not self._is_done(held.anchor):
                        held = await self._turn(held)
                    if await self._let_go(held):
                        break
                    held = await self._mine()
            except Overtaken:
                raise superseded(self.key) from None
            finally:
                await self.findings.close()
                await self.diagnosis.close()
        return held.anchor

    def _is_done(self, anchor: Anchor) -> bool:
        """Whether the driver may stop: at rest also nothing is left to ask for again, or it was asked for long enough.

        The last command may be lost as any other.
        """
        if not self._rests(anchor) or anchor.queue:
            self._resting = None
            return False
        now = self.clock.now()
        self._resting = self._resting or now
        tried = now - self._resting >= timedelta(seconds=SETTLE_SECONDS)
        return anchor.phase not in _STILL or self._is_quiet or tried

    async def _take_over(self, held: Held) -> Held:
        """Begin an epoch after that of the anchor; after a later one of an object, where the anchor is an old copy."""
        seen = 0
        while True:
            taken = step(held.anchor, Start(self.clock.now(), max(held.anchor.epoch, seen) + 1))
            written = await swap_anchor(self.place.anchors, self.key, held, taken.anchor, self.leadership.mark)
            if written is None:
                raise Forestalled
            try:
                return await self._fence(written, taken.commands, settled=held.settled)
            except Overtaken:
                held = await self._mine()
                with await self.acting(held.anchor):
                    seen = (await (await self._begin(held.anchor)).look()).epoch
                if seen <= held.anchor.epoch:
                    raise

    async def _fence(self, held: Held, commands: Sequence[Command], *, settled: bool) -> Held:
        """Carry out what a takeover asks for. Until everything is touched, an earlier driver may still write.

        One that let go of a unit that is `settled` writes nothing more.
        """
        touches = [replace(one, sparing=settled) for one in commands if isinstance(one, Touch)]
        others = [one for one in commands if not isinstance(one, Touch)]
        until = self.clock.now() + timedelta(seconds=FENCE_SECONDS)
        while (met := await self._act(held.anchor, touches)) is not None:
            if self.clock.now() >= until:
                raise not_fenced(self.key, met.explanation)
            await self._rest.until_due(held, self.library.known, is_asking=True)
            self.waking.heard()
            held = await self._mine()
        self._rest.idle, self._rest.is_sure = 0, True
        self._note(await self._act(held.anchor, others))
        return held

    async def _act(self, anchor: Anchor, commands: Sequence[Command]) -> Met | None:
        """Carry out commands as whoever wanted what the anchor is about."""
        with await self.acting(anchor):
            met = await act(await self._begin(anchor), commands, self.sink)
        self._is_settled &= met is None or met.kind is not Kind.UNKNOWN_RESULT
        return met

    def _note(self, met: Met | None) -> None:
        """Remember what commands met, for the machine to be told in the next turn."""
        self._met = None if met is None else Fact(met.kind, self.clock.now(), met.explanation)

    async def _let_go(self, held: Held) -> bool:
        """Say that nobody drives the unit any more; False when something was asked meanwhile."""
        await self.library.tidy(held.anchor, self.clock.now())
        settled = self._is_settled and self.findings.is_still
        return await swap_anchor(self.place.anchors, self.key, held, held.anchor, None, settled=settled) is not None

    async def _mine(self) -> Held:
        """Return the anchor as it is now, if this run is still the one that it names."""
        held = await read_anchor(self.place.anchors, self.key)
        if held.driver != self.leadership.mark:
            raise Overtaken
        return held

    async def _turn(self, held: Held) -> Held:
        """Look, judge, step, swap, act; and again by the same look as long as that still shows everything."""
        self.waking.heard()
        self._is_quiet = False
        held, look = await self._look(held)
        if held.anchor.phase in FOLLOWED:
            self._telling.looked(held.anchor, self._seen(held.anchor, look))
        told, self._met = self._met, None
        events = (*(() if told is None else (told,)), *self._judged(held.anchor, look))
        taken = await self._take(held, look, events)
        moved = taken.moved
        while taken.may_go_on(look) and (more := self._more(taken.held.anchor, look)):
            taken = await self._take(taken.held, look, more)
        self._note(taken.met)
        self._is_quiet = look.sight is not None and not events and taken.met is None
        self._rest.is_sure = taken.met is None
        if moved and taken.met is None:
            await self._rest.unless_told(taken.held, self.library.known)
        elif not self._is_quiet or self._resting is None:
            asking = bool(events) or taken.met is not None
            await self._rest.until_due(taken.held, self.library.known, is_asking=asking)
        return taken.held

    async def _take(self, held: Held, look: Look, events: Sequence[UnitEvent]) -> _Taken:
        """Step by events as far as the look carries, swap the anchor, and carry out what was asked for."""
        anchors, commands = carried(held.anchor, events, look, lambda anchor: self._more(anchor, look))
        moved = len(anchors) > 1
        if moved:
            written = await swap_anchor(self.place.anchors, self.key, held, anchors[-1], self.leadership.mark)
            if written is None:
                return _Taken(held, moved, commands=(ReadBack(),))  # an intent came
            held = written
            self._telling.moved(anchors)
        if any(isinstance(command, Stop) for command in commands):
            raise Overtaken
        met = await self._act(held.anchor, commands)
        self._telling.noted(held.anchor, self.findings.notes)
        return _Taken(held, moved, commands, met)

    async def _begin(self, anchor: Anchor) -> Turn:
        library = await self.library.of(anchor)
        return Turn(self.place, self.key, anchor, library, self.findings, self.clock)

    async def _look(self, held: Held) -> tuple[Held, Look]:
        """Read the anchor, and the unit beside it; again when it says by now that something else is wanted."""
        reading = asyncio.create_task(self._mine())
        try:
            look = await self._looked(held.anchor)
            now = await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        return now, look if now.stored.version == held.stored.version else await self._looked(now.anchor)

    async def _looked(self, anchor: Anchor) -> Look:
        """Read the unit, as whoever wanted what the anchor is about."""
        try:
            with await self.acting(anchor):
                return Look(anchor, await self._read(anchor))
        except Transient:
            self._away_since = self._away_since or self.clock.now()
            return Look(anchor, None)

    async def _read(self, anchor: Anchor) -> Sight:
        turn = await self._begin(anchor)
        kinds = EVERYTHING if needs_everything(anchor) else MOVING
        sight, self.findings.seen = self.findings.seen, None
        if sight is None or kinds is EVERYTHING:
            sight = await turn.look(kinds, fresh=not (self._rest.is_sure and may_lag(anchor)))
        self.waking.attend(sight)
        candidate = anchor.candidate.version if anchor.candidate is not None else ""
        refs = tuple(turn.contents(candidate).deployments.values())
        await self.diagnosis.look(anchor, refs, sight, self.findings)
        await look_at_adoption(turn)
        await look_at_health(turn, sight, self.sink)
        return sight

    def _seen(self, anchor: Anchor, look: Look) -> Observation:
        """Return what a look shows. A cluster that does not answer is seen as just that."""
        if look.sight is None:
            return Observation(reachable=False)
        return observation(anchor, look.sight, self.library.known, self.findings)

    def _judged(self, anchor: Anchor, look: Look) -> tuple[UnitEvent, ...]:
        """Return what a look says of an anchor."""
        seen = self._seen(anchor, look)
        if seen.reachable:
            seen, self._away_since = replace(seen, unreachable_since=self._away_since), None
        return judge(anchor, seen, self.clock.now())

    def _more(self, anchor: Anchor, look: Look) -> tuple[UnitEvent, ...]:
        """Return what the same look says of a later anchor; nothing where the driver may stop, or would ask again."""
        events = () if self._rests(anchor) else self._judged(anchor, look)
        return () if is_repeating(events) else events
