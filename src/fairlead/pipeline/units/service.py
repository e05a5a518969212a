"""The units of clusters, as callers see them: ask for something, read how it stands, drive it until it rests."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.objects import Inputs
from fairlead.domain.apps.unit_objects import unit_objects
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import object_ref
from fairlead.domain.manifests import JsonObject
from fairlead.domain.rollout.anchor import Anchor, Ended, refused, submitted
from fairlead.domain.rollout.explaining_units import Explanation, explain
from fairlead.domain.rollout.guards import is_held_back, promoted_at
from fairlead.domain.rollout.intents import Deploy, Intent, OnBusy, Rollback, VersionSpec, deployment_of
from fairlead.domain.rollout.judging import next_intent
from fairlead.domain.rollout.phases import Phase, VersionState
from fairlead.domain.rollout.standing import HELD_BACK_IN
from fairlead.domain.unit_news import DeploymentEnded, IntentAccepted
from fairlead.domain.units import UnitKey
from fairlead.pipeline.engine import Engine, at_once
from fairlead.pipeline.locks.presence import Presence, present
from fairlead.pipeline.units.adopting import require_adoptable
from fairlead.pipeline.units.anchoring import Forestalled, Held, read_anchor, swap_anchor
from fairlead.pipeline.units.checking import Check, unchecked
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.counting import Counts, pods_in
from fairlead.pipeline.units.describing import spec_of
from fairlead.pipeline.units.diagnosing import Diagnosis
from fairlead.pipeline.units.driver import Acting, Driver, Rests, as_oneself
from fairlead.pipeline.units.leading import Leadership, Others
from fairlead.pipeline.units.namespaces import ensure_namespace
from fairlead.pipeline.units.numbering import reserved, wished
from fairlead.pipeline.units.observers import Observers
from fairlead.pipeline.units.place import Place
from fairlead.pipeline.units.waking import LOOK_SECONDS, Waking
from fairlead.ports.events import UnitSink

_GOING: Final = frozenset({VersionState.STARTING, VersionState.REMOVING})

Places = Callable[[str], Awaitable[Place]]
"""Opens a cluster by its declared name."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants deployed. `id` is the intent's: the same twice is one. `deployment` names its record.

    With `create_namespace`, a namespace that is missing is made first.
    """

    id: str
    deployment: str
    by: str
    descriptor: Descriptor
    inputs: Inputs = field(default_factory=Inputs)
    on_busy: OnBusy = OnBusy.SUPERSEDE
    release_hold: bool = False
    create_namespace: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was stored of an intent. `version` is the real one of a deployment, empty for other intents."""

    intent: str
    deployment: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """A unit as its anchor says; `exists` is False when there is none.

    `driven` names who drives it, or did last, empty for nobody.
    """

    key: UnitKey
    anchor: Anchor
    driven: str = ""
    exists: bool = True

    @property
    def explanation(self) -> Explanation:
        """Why the unit is where it is, and what comes next."""
        return explain(self.anchor)

    def ended(self, intent: str) -> Ended | None:
        """Return how an intent ended, None while it has not."""
        return next((one for one in self.anchor.ended if one.intent == intent), None)


@dataclass(slots=True)
class Units:
    """All that a process does with units. Made by `opened`.

    Without a check, what is asked is stored, and the machine decides what becomes of it.
    """

    engine: Engine
    places: Places
    sink: UnitSink
    presence: Presence
    observers: Observers

    async def deploy(self, key: UnitKey, order: Order, check: Check = unchecked) -> Accepted:
        """Store what a descriptor consists of, and ask for it to be made live.

        Raises:
            InputError: a Secret that the descriptor names is missing.
            Refused: its version exists already (`versionTaken`), or what is there already cannot be adopted
            (`notAdoptable`); or the check does not let it pass.
        """
        place = await self.places(key.cluster)
        if order.create_namespace:
            await ensure_namespace(place.cluster, key.namespace)
        wanted = self._intent(order, wished(order.descriptor, order.inputs))
        services = [object_ref(one) for one in unit_objects(order.descriptor, wanted.spec.version, None).services]

        async def allowed(anchor: Anchor) -> None:
            await check(anchor, wanted)
            if not any(anchor.present):
                await require_adoptable(place.cluster, key, services)

        contents = await reserved(place, key, order.descriptor, order.inputs, allowed)
        intent = self._intent(order, spec_of(order.descriptor, contents))
        return replace(await self.submit(key, intent, check), version=contents.version)

    def _intent(self, order: Order, spec: VersionSpec) -> Deploy:
        at = self.engine.clock.now()
        return Deploy(order.id, order.by, at, order.deployment, spec, order.on_busy, order.release_hold)

    async def submit(self, key: UnitKey, intent: Intent, check: Check = unchecked) -> Accepted:
        """Append an intent to the unit's queue, whoever drives it; one that is there already is not asked twice.

        Raises:
            InputError: there is no such unit (`unknownUnit`), and it is none that makes one.
            Refused: the check does not let it pass.
        """
        place = await self.places(key.cluster)
        while True:
            held = await read_anchor(place.anchors, key)
            if not isinstance(intent, Deploy) and not held.exists:
                raise _unknown(key)
            asked = submitted(held.anchor, intent)
            if asked == held.anchor:
                break
            await check(held.anchor, intent)
            if await swap_anchor(place.anchors, key, held, asked, held.driver) is not None:
                break
        deployment = deployment_of(intent)
        reason = intent.reason if isinstance(intent, Rollback) else ""
        self.sink.announce(IntentAccepted(key, intent.at, deployment, intent.id, intent.KIND, intent.by, reason))
        return Accepted(intent.id, deployment)

    async def refuse_next(self, key: UnitKey, why: str) -> bool:
        """End, as refused, the intent whose turn it is, because this run cannot take it; False when there is none.

        A unit that this run drives is let go.
        """
        place = await self.places(key.cluster)
        while True:
            held = await read_anchor(place.anchors, key)
            intent = next_intent(held.anchor)
            if intent is None:
                return False
            driver = None if held.driver is None or held.driver.run == self.presence.run else held.driver
            after = refused(held.anchor, intent, self.engine.clock.now(), why)
            if await swap_anchor(place.anchors, key, held, after, driver) is not None:
                self._tell_ends(key, after.ended[-1:])
                return True

    async def read(self, key: UnitKey) -> UnitStatus:
        """Return how a unit stands."""
        held = await read_anchor((await self.places(key.cluster)).anchors, key)
        driven = "" if held.driver is None else str(held.driver.holder)
        return UnitStatus(key, held.anchor, driven, held.exists)

    async def units(self, cluster: str, namespace: str) -> tuple[UnitStatus, ...]:
        """Return how every unit of a namespace stands, by name."""
        place = await self.places(cluster)
        names = await place.anchors.names(namespace)
        return tuple(await at_once(self.read(UnitKey(cluster, namespace, name)) for name in names))

    async def pods(self, cluster: str, namespace: str) -> Counts | None:
        """Return how many pods the units of a namespace run, None where that may not be seen."""
        return await pods_in((await self.places(cluster)).cluster, namespace)

    async def evidence(self, key: UnitKey, version: str) -> JsonObject | None:
        """Return what was kept of a version that failed: last states, events, ends of logs; None for nothing."""
        document = await (await self.places(key.cluster)).anchors.version(key, version)
        return None if document is None else Contents.from_json(document).evidence

    async def drive(self, key: UnitKey, rests: Rests, acting: Acting = as_oneself) -> Anchor:
        """Drive a unit until it rests; while another run drives it, only follow, and take over when that one is gone.

        `acting` says as whom each turn is made.

        Cancelling hands the unit over: its anchor says what is wanted, and the next driver goes on from there.

        Raises:
            OperationFailed: another run has taken over (`superseded`), or this one was silent for too long
            (`leaseLost`).
        """
        place = await self.places(key.cluster)
        others = Others(place.memory, self.engine.whoami, self.engine.pulse)
        leadership = await Leadership.begin(self.presence, key)
        async with self._waking(key, place) as waking:
            while True:
                held = await read_anchor(place.anchors, key)
                alive = await self._is_alive(key, held, others)
                if is_over(held, rests) and (held.driver is None or alive):
                    self._tell_ends(key, held.anchor.ended)
                    return held.anchor
                if alive is False:
                    diagnosis = Diagnosis(waking.observer)
                    driver = Driver(place, key, leadership, self.sink, self.engine.clock, waking, diagnosis, acting)
                    with suppress(Forestalled):
                        return await driver.run(held, rests)
                else:
                    await waking.wait(self.engine.pulse, LOOK_SECONDS)

    def _tell_ends(self, key: UnitKey, ends: Sequence[Ended]) -> None:
        """Say how what was asked has ended: whoever drove the unit told only those who follow that run."""
        for one in ends:
            ended = (one.at, one.deployment, one.intent, one.outcome, one.explanation)
            self.sink.announce(DeploymentEnded(key, *ended))

    @asynccontextmanager
    async def _waking(self, key: UnitKey, place: Place) -> AsyncIterator[Waking]:
        async with self.observers.of(key.cluster, place.cluster) as observer:
            with observer.listening() as listener:
                waking = Waking(observer, key, listener)
                try:
                    yield waking
                finally:
                    await waking.close()

    async def _is_alive(self, key: UnitKey, held: Held, others: Others) -> bool | None:
        """Return whether another run drives the unit; None while nobody can tell."""
        if held.driver is None or held.driver.run == self.presence.run:
            return False
        return await others.is_alive(key.namespace, held.driver)


@asynccontextmanager
async def opened(engine: Engine, places: Places, sink: UnitSink) -> AsyncIterator[Units]:
    """Give the units of clusters for the time of a block; this run's signs of life end with it."""
    async with present(engine) as presence:
        yield Units(engine, places, sink, presence, Observers(engine.pulse))


def new_id() -> str:
    """Return an id for an intent or a deployment that nobody else has."""
    return str(uuid.uuid4())


def is_over(held: Held, rests: Rests) -> bool:
    """Return whether there is nothing to drive."""
    return rests(held.anchor) and not held.anchor.queue


def at_rest(anchor: Anchor) -> bool:
    """Return whether a unit is done with what was asked: nothing is promoted, old versions only get older."""
    return stands_still(anchor) and promoted_at(anchor) is None


def stands_still(anchor: Anchor) -> bool:
    """Return whether nothing happens to a unit before somebody asks for something, or a time is over."""
    waits = anchor.phase in (Phase.IDLE, Phase.AWAITING, Phase.BLOCKED)
    return waits and next_intent(anchor) is None and not any(one.state in _GOING for one in anchor.versions)


def until_waiting(intent: str) -> Rests:
    """Return what holds when an intent has ended, or waits for a person (a pause is one's, too): not for a timer."""

    def rests(anchor: Anchor) -> bool:
        has_ended = any(one.intent == intent for one in anchor.ended)
        is_paused = is_held_back(anchor) and anchor.phase in HELD_BACK_IN
        waits = any(one.id == intent for one in anchor.waiting) or anchor.phase in (Phase.AWAITING, Phase.BLOCKED)
        return (at_rest(anchor) and (has_ended or waits)) or (is_paused and not has_ended)

    return rests


def until_ended(intent: str) -> Rests:
    """Return what holds when an intent has ended, whatever else is under way: who comes next goes on with that."""
    return lambda anchor: any(one.intent == intent for one in anchor.ended)


def _unknown(key: UnitKey) -> InputError:
    message = f"there is no app {key.name} in namespace {key.namespace} of {key.cluster}"
    return InputError(Problem("unknownUnit", message, remedy="see `fairlead units`"))
