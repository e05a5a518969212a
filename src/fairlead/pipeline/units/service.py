"""The units of clusters, as callers see them: ask for something, read how it stands, drive it until it rests."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.objects import Inputs
from fairlead.domain.apps.versions import next_version, version_number
from fairlead.domain.errors import InputError, Problem, Refused
from fairlead.domain.manifests import JsonObject
from fairlead.domain.rollout.anchor import Anchor, Ended, submitted
from fairlead.domain.rollout.explaining_units import Explanation, explain
from fairlead.domain.rollout.guards import is_held_back, promoted_at
from fairlead.domain.rollout.intents import Deploy, Intent, OnBusy, Rollback, deployment_of, specs_of
from fairlead.domain.rollout.judging import next_intent
from fairlead.domain.rollout.phases import Phase, VersionState
from fairlead.domain.rollout.standing import HELD_BACK_IN
from fairlead.domain.unit_news import DeploymentEnded, IntentAccepted
from fairlead.domain.units import UnitKey
from fairlead.pipeline.engine import Engine, at_once
from fairlead.pipeline.locks.presence import Presence, present
from fairlead.pipeline.units.anchoring import Forestalled, Held, read_anchor, swap_anchor, update_anchor
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.describing import contents_of, spec_of
from fairlead.pipeline.units.diagnosing import Diagnosis
from fairlead.pipeline.units.driver import Acting, Driver, Rests, as_oneself
from fairlead.pipeline.units.leading import Leadership, Others
from fairlead.pipeline.units.namespaces import ensure_namespace
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
    """All that a process does with units. Made by `opened`."""

    engine: Engine
    places: Places
    sink: UnitSink
    presence: Presence
    observers: Observers

    async def deploy(self, key: UnitKey, order: Order) -> Accepted:
        """Store what a descriptor consists of, and ask for it to be made live.

        Raises:
            InputError: a Secret that the descriptor names is missing.
            Refused: its version exists already (`versionTaken`).
        """
        place = await self.places(key.cluster)
        if order.create_namespace:
            await ensure_namespace(place.cluster, key.namespace)
        version, contents = await self._version(place, key, order)
        spec = spec_of(order.descriptor, contents)
        at = self.engine.clock.now()
        intent = Deploy(order.id, order.by, at, order.deployment, spec, order.on_busy, order.release_hold)
        return replace(await self.submit(key, intent), version=version)

    async def submit(self, key: UnitKey, intent: Intent) -> Accepted:
        """Append an intent to the unit's queue, whoever drives it; one that is there already is not asked twice.

        Raises:
            InputError: there is no such unit (`unknownUnit`), and it is none that makes one.
        """
        place = await self.places(key.cluster)
        if not isinstance(intent, Deploy) and not (await read_anchor(place.anchors, key)).exists:
            message = f"there is no app {key.name} in namespace {key.namespace} of {key.cluster}"
            raise InputError(Problem("unknownUnit", message, remedy="see `fairlead units`"))
        await update_anchor(place.anchors, key, lambda anchor: submitted(anchor, intent))
        deployment = deployment_of(intent)
        reason = intent.reason if isinstance(intent, Rollback) else ""
        self.sink.announce(IntentAccepted(key, intent.at, deployment, intent.id, intent.KIND, intent.by, reason))
        return Accepted(intent.id, deployment)

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
                    self._tell_ends(key, held.anchor)
                    return held.anchor
                if alive is False:
                    diagnosis = Diagnosis(waking.observer)
                    driver = Driver(place, key, leadership, self.sink, self.engine.clock, waking, diagnosis, acting)
                    with suppress(Forestalled):
                        return await driver.run(held, rests)
                else:
                    await waking.wait(self.engine.pulse, LOOK_SECONDS)

    def _tell_ends(self, key: UnitKey, anchor: Anchor) -> None:
        """Say how what was asked has ended: whoever drove the unit told only those who follow that run."""
        for one in anchor.ended:
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

    async def _version(self, place: Place, key: UnitKey, order: Order) -> tuple[str, Contents]:
        """Reserve the version of an order, and store what it consists of."""
        if not order.descriptor.is_automatic:
            contents = contents_of(order.descriptor, order.descriptor.version, order.inputs)
            held = await read_anchor(place.anchors, key)
            if not _is_same_as_live(held.anchor, contents):
                if _knows(held.anchor, contents.version) or not await place.anchors.add_version(
                    key, contents.version, contents.to_json()
                ):
                    raise _taken(key, contents.version)
                return contents.version, contents
        while True:  # somebody may name a version like the number, right after the names were read
            version = await self._number(place, key)
            contents = contents_of(order.descriptor, version, order.inputs)
            if await place.anchors.add_version(key, version, contents.to_json()):
                return version, contents

    async def _number(self, place: Place, key: UnitKey) -> str:
        """Return the next number, which nobody else gets any more."""
        stored = await place.anchors.versions(key)
        while True:
            held = await read_anchor(place.anchors, key)
            names = [one.name for one in held.anchor.versions]
            version = next_version([*names, *stored], held.anchor.counter)
            counted = replace(held.anchor, counter=version_number(version) or 0)
            if await swap_anchor(place.anchors, key, held, counted, held.driver) is not None:
                return version


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


def _is_same_as_live(anchor: Anchor, contents: Contents) -> bool:
    live = anchor.live
    return live is not None and (live.name, live.spec.digest) == (contents.version, contents.digest)


def _knows(anchor: Anchor, version: str) -> bool:
    known = anchor.version(version)
    queued = {spec.version for spec in specs_of((*anchor.queue, *anchor.waiting))}
    return version in queued or (known is not None and known.state is not VersionState.ABSENT)


def _taken(key: UnitKey, version: str) -> Refused:
    message = f"version {version} of {key} exists already, with other contents"
    return Refused(Problem("versionTaken", message, path="newVersion", remedy="name another version, or write #"))
