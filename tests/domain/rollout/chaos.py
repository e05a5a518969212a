"""Decides by bytes what happens to a unit: intents, failing pods, strangers, dying drivers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from fairlead.domain.rollout import commands as ask
from fairlead.domain.rollout.intents import (
    Abort,
    Deploy,
    Freeze,
    Intent,
    OnBusy,
    Pause,
    Policy,
    Promote,
    Resolution,
    Resolve,
    Resume,
    Rollback,
    Scale,
    Undeploy,
    Unfreeze,
)
from fairlead.domain.rollout.judging import judge
from fairlead.domain.rollout.observation import Difference, Verdict
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.rollout.traffic import Selector
from tests.domain.rollout.units import SHOP, selector, spec_of
from tests.domain.rollout.world import PASSIVE, Pods, Unit, submitted_to

_WAITS: Final = (0.0, 0.5, 1.0, 10.0, 31.0, 130.0, 650.0, 4000.0, 90000.0)
_POLICIES: Final = (
    Policy(),
    Policy(automatic=False),
    Policy(verify=True, soak=True, soak_for=5.0),
    Policy(automatic=False, auto_promote_after=30.0, await_for=3600.0),
    Policy(min_ready=10.0, health=True, preview_replicas=1),
    Policy(headless=True, hot_for=0.0, warm_for=60.0, keep_failed=10.0),
)


def adoptable() -> Unit:
    """Return a unit of which something runs already, without versions."""
    unit = Unit()
    unit.world.plain = True
    unit.world.pods["plain"] = Pods(replicas=3, ready=3)
    unit.world.routes[SHOP] = Selector({"app": "shop"})
    return unit


@dataclass
class Chaos:
    """Runs a unit through whatever the bytes say. `strangers` edit routes; without them, nobody else does."""

    unit: Unit
    data: bytes
    strangers: bool = False
    at: int = 0
    asked: int = 0
    held: list[tuple[int, ask.Command]] = field(default_factory=list)

    def run(self) -> None:
        """Do one thing after the other until the bytes end."""
        self.unit.start()
        while self.at < len(self.data):
            _DEEDS[self.byte() % len(_DEEDS)](self)
            self.unit.check()

    def end_well(self) -> None:
        """Once all is well and every block is resolved, the unit comes to rest and nothing is left unanswered."""
        unit = self.unit
        for resolution in (Resolution.KEEP_LIVE, Resolution.FORCE, Resolution.ADOPT_OBSERVED) * 2:
            self.recover()
            self.resolve_by(resolution)
            unit.settle()
            unit.check()
        assert unit.anchor.phase in (Phase.IDLE, Phase.AWAITING), (unit.anchor.phase, unit.anchor.blocked)
        assert (unit.anchor.queue, unit.anchor.waiting) == ((), ()) or unit.anchor.phase is Phase.AWAITING

    def byte(self) -> int:
        """Return the next byte, zeros at the end."""
        value = self.data[self.at] if self.at < len(self.data) else 0
        self.at += 1
        return value

    def turn(self) -> None:
        """The driver works on."""
        self.unit.turn()

    def grow_and_turn(self) -> None:
        """Pods become ready, and the driver works on."""
        self.unit.world.grow()
        self.unit.turn()

    def wait(self) -> None:
        """Time goes by."""
        self.unit.world.now += timedelta(seconds=_WAITS[self.byte() % len(_WAITS)])

    def turn_and_crash(self) -> None:
        """The driver dies at some command, before it or with its reply lost, and another one comes."""
        kind = self.byte()
        self.unit.turn(crash_at=kind % 7, lost=kind > 127)
        self.unit.start()

    def turn_on_stale(self) -> None:
        """The driver judges what was true since its last write, but is no more; what a command then reads is fresh."""
        world, unit = self.unit.world, self.unit
        if unit.stale is None:
            unit.stale = world.observe(unit.anchor)
        elif not unit.naive and unit.stale.reachable == world.reachable:
            unit.turn(unit.stale)

    def stop_before_sending(self) -> None:
        """A driver halts with commands in its hand, another takes over; the first will send them later."""
        unit = self.unit
        for event in judge(unit.anchor, unit.world.observe(unit.anchor), unit.world.now):
            self.held += [(unit.anchor.epoch, command) for command in unit.tell(event)]
        unit.start()

    def send_late(self) -> None:
        """The halted driver goes on: nothing of it is accepted on what was touched since."""
        for epoch, command in self.held:
            if epoch < self.unit.world.epoch:
                routes, pods = dict(self.unit.world.routes), repr(self.unit.world.pods)
                told = list(self.unit.told)
                passive = isinstance(command, (*PASSIVE, ask.Touch))
                accepted = not passive and self.unit.execute_late(command, epoch)
                assert not accepted
                assert (routes, pods) == (self.unit.world.routes, repr(self.unit.world.pods))
                self.unit.told = told
        self.held = []

    def lose_pods(self) -> None:
        """Some pods of some version are gone, or all of them."""
        pods = self._some_pods()
        if pods is not None:
            pods.ready = min(pods.ready, self.byte() % 3)

    def break_pods(self) -> None:
        """The pods of a version cannot recover, or can again."""
        pods = self._some_pods()
        if pods is not None:
            pods.broken = "" if pods.broken else "image cannot be pulled"

    def wish(self) -> None:
        """An autoscaler changes its mind."""
        pods = self._some_pods()
        if pods is not None:
            pods.wish = 1 + self.byte() % 8

    def _some_pods(self) -> Pods | None:
        names = sorted(self.unit.world.pods)
        return self.unit.world.pods[names[self.byte() % len(names)]] if names else None

    def change_world(self) -> None:
        """Gates, health, probes, proxies and connections answer otherwise."""
        world, kind = self.unit.world, self.byte()
        yes = kind & 1 == 1
        match kind % 8:
            case 0:
                world.gates = tuple(Verdict)[self.byte() % len(Verdict)]
            case 1:
                world.health = Verdict.PASSED if world.health is Verdict.FAILED else Verdict.FAILED
            case 2:
                world.answers = not world.answers
            case 3:
                world.staged = not world.staged
            case 4:
                world.drained = not world.drained
            case 5:
                world.difference = tuple(Difference)[self.byte() % len(Difference)]
            case 6:
                world.leftovers = not yes
            case _:
                self.lose_cluster()

    def lose_cluster(self) -> None:
        """The cluster stops answering, or answers again."""
        world = self.unit.world
        if world.reachable:
            world.lost_since = world.now
        world.reachable = not world.reachable

    def recover(self) -> None:
        """All is well again."""
        world = self.unit.world
        if not world.reachable:
            self.lose_cluster()
        world.gates = world.health = Verdict.PASSED
        world.answers = world.staged = world.drained = True
        world.difference = Difference.NEW_VERSION
        for pods in world.pods.values():
            pods.broken = ""

    def meddle(self) -> None:
        """A stranger edits a route."""
        world, kind = self.unit.world, self.byte()
        if not self.strangers or not world.routes:
            return
        known = sorted(one.name for one in self.unit.anchor.versions) or ["1"]
        routes = (None, selector("stranger"), selector(known[kind % len(known)]), Selector({"app": "shop"}))
        world.routes[SHOP] = routes[self.byte() % len(routes)]
        world.meddled = True

    def deploy(self) -> None:
        """Somebody deploys the next version, or one that exists."""
        kind = self.byte()
        version = str(self.asked + 1) if kind % 8 else "1"
        policy = _POLICIES[kind % len(_POLICIES)]
        autoscaled = self.data[0] % 2 == 1  # of the whole unit: that it changes is for another test
        spec = spec_of(version, policy, autoscaled=autoscaled, preview=kind & 32 == 32)
        on_busy = tuple(OnBusy)[kind % 11 if kind % 11 < 3 else 0]
        self._ask(lambda name: Deploy(name, "ann", self.unit.world.now, f"d-{name}", spec, on_busy, kind > 200))

    def ask(self) -> None:
        """Somebody asks for anything else."""
        kind, more, now = self.byte(), self.byte(), self.unit.world.now
        makers: tuple[Callable[[str], Intent], ...] = (
            lambda name: Abort(name, "bob", now),
            lambda name: Promote(name, "bob", now, "" if more % 4 else "sha256:other", force=more > 127),
            lambda name: Rollback(name, "bob", now, f"d-{name}", "" if more % 2 else str(more % 5)),
            lambda name: Scale(name, "bob", now, more % 6, "" if more % 3 else "shop"),
            lambda name: Pause(name, "bob", now),
            lambda name: Resume(name, "bob", now),
            lambda name: Freeze(name, "bob", now),
            lambda name: Unfreeze(name, "bob", now),
            lambda name: Resolve(name, "bob", now, tuple(Resolution)[more % 3]),
            lambda name: Undeploy(name, "bob", now, f"d-{name}") if more < 64 else Abort(name, "bob", now),
        )
        self._ask(makers[kind % len(makers)])

    def resolve(self) -> None:
        """A person ends a block, and every pause."""
        self.resolve_by(tuple(Resolution)[self.byte() % 3])

    def resolve_by(self, resolution: Resolution) -> None:
        """A person ends a block in one way, and every pause."""
        now = self.unit.world.now
        self._ask(lambda name: Resolve(name, "bob", now, resolution))
        self._ask(lambda name: Resume(name, "bob", now))
        self._ask(lambda name: Unfreeze(name, "bob", now))

    def _ask(self, make: Callable[[str], Intent]) -> None:
        self.asked += 1
        submitted_to(self.unit, make(f"a{self.asked}"))


_DEEDS: Final[tuple[Callable[[Chaos], None], ...]] = (
    *(Chaos.grow_and_turn,) * 24,
    *(Chaos.turn,) * 4,
    *(Chaos.wait,) * 3,
    *(Chaos.turn_and_crash,) * 3,
    *(Chaos.turn_on_stale,) * 2,
    Chaos.stop_before_sending,
    Chaos.send_late,
    Chaos.lose_pods,
    Chaos.break_pods,
    Chaos.wish,
    Chaos.change_world,
    *(Chaos.recover,) * 3,
    Chaos.meddle,
    *(Chaos.deploy,) * 3,
    *(Chaos.ask,) * 3,
    Chaos.resolve,
)
