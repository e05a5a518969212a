"""One operation on a unit in memory, with a process that is struck at one write, and another one that follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from fairlead.domain.errors import FairleadError
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Anchor
from fairlead.ports.cluster import LiveObject, WatchType
from tests.fakes.clock import FakeClock
from tests.fakes.played import PlayedCluster
from tests.fakes.whoami import ANN, FakeWhoAmI
from tests.faults.unit_anchors import broken_by_anchors
from tests.faults.unit_history import Change, History, broken
from tests.pipeline.units.doors import Door, Fault
from tests.pipeline.units.operations import Operation
from tests.pipeline.units.units import KEY, ended, states, yard

ASKED = "i100"
_BOOKS = frozenset({"Lease", "Secret"})
_PLAYED = frozenset({"EndpointSlice", "Pod"})


@dataclass(frozen=True, slots=True)
class Scene:
    """A cluster at a moment, from which many courses begin.

    `known` is what broke invariants before, `unread` what was deleted since without a look at it, `stale` what a
    process changed that was stopped, and woke when another one had ended everything.
    """

    cluster: PlayedCluster = field(default_factory=PlayedCluster)
    clock: FakeClock = field(default_factory=FakeClock)
    known: frozenset[str] = frozenset()
    unread: list[ObjectRef] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    def again(self) -> Scene:
        return Scene(self.cluster.twin(), FakeClock(self.clock.now()), self.known)


@dataclass(frozen=True, slots=True)
class End:
    """How it stands after a course. `objects` is what users see; `wrong` what went wrong on the way."""

    told: str
    objects: dict[str, Any]
    wrong: frozenset[str]


class Still(FakeClock):
    """Time that does not pass, so that no sign of life is ever late, however busy the machine is."""

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.Event().wait()


async def staged(operation: Operation) -> Scene:
    """Return what an operation begins with."""
    scene = Scene()
    async with yard(scene.cluster, scene.clock, pulse=Still()) as here:
        await operation.stage(here)
    return replace(scene, known=frozenset(_wrong(scene)))


async def run(operation: Operation, scene: Scene, door: Door) -> None:
    """Ask and drive in a process that may be struck, and may end by it."""
    async with yard(scene.cluster, scene.clock, door=door, pulse=Still()) as here:
        here.numbers = count(100)
        with suppress(FairleadError):
            await operation.act(here)
            await here.settle(operation.rests)
    scene.unread.extend(door.unread)


async def moments(operation: Operation, scene: Scene) -> list[Scene]:
    """Return what a kill leaves: how it is before each write of an operation, which is after the one before it too."""
    one = scene.again()
    door, found = Door(one.cluster), list[Scene]()
    door.before = lambda: found.append(one.again())
    await run(operation, one, door)
    return [*found, one]


async def struck(operation: Operation, scene: Scene, fault: Fault, at: int) -> Scene:
    """Return what one fault at one write leaves; of a stopped process, when it ran again after another had ended."""
    door, one = Door(scene.cluster, fault, at), scene
    running = asyncio.create_task(run(operation, one, door))
    hit = asyncio.create_task(door.struck.wait())
    await asyncio.wait({running, hit}, return_when=asyncio.FIRST_COMPLETED)
    hit.cancel()
    assert door.struck.is_set()
    if fault is not Fault.STOPPED:
        await running
        return one
    is_asked = ASKED in ended(await _drive(operation, one))
    before = _written(one)
    door.release()
    await running
    if is_asked:
        one.stale.extend(sorted(name for name, version in _written(one) if (name, version) not in before))
    return one


async def followed(operation: Operation, scene: Scene) -> End:
    """Drive in a process that knows that the first one is gone, or takes it for that."""
    anchor = await _drive(operation, scene)
    objects = {
        f"{one['kind']} {one['metadata']['name']}": _seen(one)
        for one in scene.cluster.objects
        if one["kind"] not in _BOOKS | _PLAYED
    }
    return End(_told(anchor, objects), objects, frozenset(_wrong(scene)) - scene.known)


async def _drive(operation: Operation, scene: Scene) -> Anchor:
    whoami = FakeWhoAmI(replace(ANN, pid=ANN.pid + 1))
    whoami.dead.add(ANN)
    door = Door(scene.cluster)
    async with yard(scene.cluster, scene.clock, door=door, whoami=whoami, pulse=Still()) as here:
        anchor = await here.settle(operation.rests)
    scene.unread.extend(door.unread)
    return anchor


def _written(scene: Scene) -> set[tuple[str, str]]:
    """Return everything that is there, with its resource version, but for signs of life."""
    found = (one for one in scene.cluster.objects if one["kind"] != "Lease")
    return {(f"{one['kind']} {one['metadata']['name']}", one["metadata"]["resourceVersion"]) for one in found}


def _told(anchor: Anchor, objects: dict[str, Any]) -> str:
    present = ", ".join(f"{name} {state}" for name, state in sorted(states(anchor).items()))
    route = objects.get(f"Service {KEY.name}")
    leads = "" if route is None else f"; {route['spec']['selector'].get('version', 'nobody')} has the traffic"
    outcome = ended(anchor).get(ASKED)
    return f"{anchor.phase}: {present}{leads}" + (f"; {outcome}" if outcome else "")


def _seen(one: LiveObject) -> dict[str, Any]:
    meta = one["metadata"]
    annotations = {name: value for name, value in (meta.get("annotations") or {}).items() if "epoch" not in name}
    kept = {name: value for name, value in one.items() if name not in ("metadata", "status")}
    return {**kept, "labels": meta.get("labels"), "annotations": annotations}


def _wrong(scene: Scene) -> Iterator[str]:
    past = scene.cluster.past
    history = History([Change(at, one["kind"], what is WatchType.DELETED, one) for at, what, one in past])
    yield from broken(history, KEY.name)
    yield from broken_by_anchors(history.of(KEY.name), KEY.name)
    yield from (f"R7: {ref} was deleted unread" for ref in scene.unread)
    yield from (f"stale: {name} was written" for name in scene.stale)
