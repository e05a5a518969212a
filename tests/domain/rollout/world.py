"""A cluster and a driver to run a unit's machine against, and the invariants that hold over everything they write.

The driver keeps to the contract of the commands: it reads anew before each, and does what is still missing. `naive`
leaves out every check that is there to catch a wrong command (scaling down what has traffic), so that a wrong table
shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout import commands as ask
from fairlead.domain.rollout.anchor import Anchor, Owned
from fairlead.domain.rollout.intents import Intent
from fairlead.domain.rollout.judging import judge
from fairlead.domain.rollout.observation import (
    AdoptionSeen,
    Difference,
    Observation,
    PreflightSeen,
    RouteSeen,
    Verdict,
    VersionSeen,
    WorkloadSeen,
)
from fairlead.domain.rollout.phases import Kind, Phase, UnitOutcome, VersionState
from fairlead.domain.rollout.traffic import Route, RouteTarget, Selector
from fairlead.domain.rollout.unit_events import Fact, Start, UnitEvent, VersionFact
from fairlead.domain.rollout.unit_machine import step
from fairlead.domain.rollout.unit_table import ROLLOUT, UnitTable
from fairlead.domain.rollout.version_table import VERSIONS, VersionTable
from tests.domain.rollout.units import SHOP, T0, selector

BEFORE_SWITCH = frozenset(
    {Phase.PREFLIGHT, Phase.PREPARING, Phase.CREATING, Phase.WARMING, Phase.VERIFYING, Phase.AWAITING, Phase.STAGING}
)
ROUTE_WRITERS = frozenset({Phase.ADOPTING, Phase.SWITCHING, Phase.REVERTING})


PASSIVE = (ask.Notify, ask.Record, ask.ReadBack, ask.Stop)


class Violated(AssertionError):
    """An invariant does not hold over what was written."""


def demand(holds: bool, invariant: str, told: object = "") -> None:
    if not holds:
        raise Violated(f"{invariant}: {told}")


@dataclass
class Pods:
    """One version's workload in the cluster."""

    replicas: int
    ready: int = 0
    uid: int = 0
    autoscaled: bool = False
    wish: int | None = None
    broken: str = ""
    evidence: bool = False


@dataclass
class World:
    """The cluster: what is there, and which epoch guards it."""

    now: datetime = T0
    pods: dict[str, Pods] = field(default_factory=dict)
    routes: dict[ObjectRef, Route | None] = field(default_factory=dict)
    epoch: int = 0
    preview: str = ""
    opened: str | None = None
    hosts: tuple[str, ...] = ()
    gates: Verdict = Verdict.PASSED
    health: Verdict = Verdict.PASSED
    difference: Difference = Difference.NEW_VERSION
    answers: bool = True
    staged: bool = True
    drained: bool = True
    reachable: bool = True
    lost_since: datetime | None = None
    plain: bool = False
    labelled: bool = False
    meddled: bool = False
    leftovers: bool = False
    uids: int = 0

    def grow(self) -> None:
        """Let every pod that may become ready be it, and autoscalers have their way."""
        for pods in self.pods.values():
            if pods.autoscaled and pods.wish is not None:
                pods.replicas = max(pods.wish, 1)
            if not pods.broken:
                pods.ready = pods.replicas

    def leads_to(self, version: str) -> bool:
        return any(route is not None and route.leads_to(version) for route in self.routes.values())

    def observe(self, anchor: Anchor) -> Observation:
        if not self.reachable:
            return Observation(reachable=False)
        names = {one.name for one in anchor.versions} | set(self.pods)
        refs = {one.ref for one in anchor.elements} | set(self.routes) | {SHOP}
        live = self.pods.get("plain")
        adoption = None
        if self.plain and live is not None:
            adoption = AdoptionSeen(
                version="plain",
                digest="sha256:plain",
                workloads={"shop": live.replicas},
                routes=(RouteTarget(SHOP, Selector({"app": "shop"})),),
                pinned=(RouteTarget(SHOP, selector("plain")),),
                pinning=self.labelled,
                labelled=self.labelled and live.ready >= live.replicas,
            )
        route = self.routes.get(SHOP)
        answered = route.labels.get("version", "") if isinstance(route, Selector) and self.answers else ""
        return Observation(
            unreachable_since=self.lost_since,
            epoch=self.epoch,
            versions={name: self._seen(name) for name in names},
            routes=tuple(RouteSeen(ref=ref, route=self.routes.get(ref)) for ref in sorted(refs)),
            preflight=PreflightSeen(difference=self.difference, hosts_claimed=True),
            adoption=adoption,
            staged=self.staged,
            answered=answered,
            gates=self.gates,
            preview=self.preview,
            opened=self.opened,
            leftovers=(Owned(SHOP, "u"),) if self.leftovers else (),
        )

    def _seen(self, name: str) -> VersionSeen:
        pods = self.pods.get(name)
        if pods is None:
            return VersionSeen(drained=True, evidence=True)
        found = WorkloadSeen(replicas=pods.replicas, ready=pods.ready, wish=pods.wish if pods.autoscaled else None)
        return VersionSeen(
            workloads={"shop": found},
            objects=(Owned(ObjectRef("apps/v1", "Deployment", "prod", f"shop-{name}"), f"u{pods.uid}"),),
            complete=True,
            endpoints_match=True,
            health=self.health,
            cannot_recover=pods.broken,
            drained=self.drained,
            evidence=pods.evidence,
            autoscalers=pods.autoscaled,
        )


@dataclass
class Unit:
    """The anchor in the cluster, the world around it, and the drivers that work on both."""

    world: World = field(default_factory=World)
    table: UnitTable = field(default_factory=lambda: ROLLOUT)
    versions: VersionTable = field(default_factory=lambda: VERSIONS)
    naive: bool = False
    anchor: Anchor = field(default_factory=Anchor)
    stale: Observation | None = None
    events: int = 0
    entered: dict[str, set[Phase]] = field(default_factory=dict)
    recorded: list[tuple[str, UnitOutcome]] = field(default_factory=list)
    trail: list[tuple[Phase, str, Phase]] = field(default_factory=list)
    told: list[ask.Command] = field(default_factory=list)

    def start(self) -> None:
        """A new driver takes over, from what is stored. Now and then that really is read: it takes its time."""
        if self.anchor.epoch % 8 == 0:
            self.anchor = Anchor.from_json(json.loads(json.dumps(self.anchor.to_json())))
        self.stale = None
        epoch = self.anchor.epoch + 1
        commands = self.tell(Start(self.world.now, epoch))
        demand(self.anchor.epoch == epoch, "R8", (epoch, self.anchor.epoch))
        self.execute_all(commands)

    def tell(self, event: UnitEvent) -> tuple[ask.Command, ...]:
        """Step the machine, write the anchor, and return what it asks for."""
        before = self.anchor
        done = step(before, event, table=self.table, versions=self.versions)
        self.events += 1
        self.trail.append((before.phase, str(event.kind), done.anchor.phase))
        self.anchor = done.anchor
        self._check_anchor(before, event, done.commands)
        return done.commands

    def turn(self, seen: Observation | None = None, crash_at: int | None = None, lost: bool = False) -> bool:
        """One turn of the driver's loop; False when it found nothing to do.

        `crash_at` ends it before that command; with `lost`, after the command, whose reply never came.
        """
        events = judge(self.anchor, seen or self.world.observe(self.anchor), self.world.now)
        commands: list[ask.Command] = []
        before = self.anchor
        for event in events:
            commands += self.tell(event)
        if self.world.lost_since is not None and any(event.kind is Kind.REACHABLE for event in events):
            self.world.lost_since = None
        self.execute_all(tuple(commands), crash_at, lost=lost)
        return self.anchor != before or bool(commands)

    def execute_all(
        self, commands: tuple[ask.Command, ...], crash_at: int | None = None, *, lost: bool = False
    ) -> None:
        for index, command in enumerate(commands):
            if index == crash_at:
                if lost:
                    self.execute(command, self.anchor.epoch)
                    self.execute_all(self.tell(Fact(Kind.UNKNOWN_RESULT, self.world.now)))
                return
            if isinstance(command, ask.Stop):
                return
            if not self.execute(command, self.anchor.epoch):
                self.execute_all(self.tell(Fact(Kind.CONFLICT, self.world.now)))
                return

    def execute(self, command: ask.Command, epoch: int) -> bool:
        """Carry a command out; False when a fresh read contradicts it."""
        self.told.append(command)
        if not isinstance(command, PASSIVE):
            self.stale = None  # what is read after a write shows it
        if self.anchor.phase is Phase.BLOCKED:
            demand(isinstance(command, PASSIVE), "R12", command)
        if command.DESTRUCTIVE:
            demand(getattr(command, "deadline", None) is not None, "R7", command)
        return self.execute_late(command, epoch)

    def execute_late(self, command: ask.Command, epoch: int) -> bool:
        """Write, if no newer driver has touched what is guarded."""
        if epoch < self.world.epoch:
            return False
        self.world.epoch = max(self.world.epoch, epoch)
        doing: Callable[..., bool] | None = _DOING.get(type(command))
        return doing is None or doing(self, command)

    def check(self) -> None:
        """Check what holds at any moment, as far as no stranger has touched a route."""
        world, anchor, live = self.world, self.anchor, self.anchor.live
        rests = anchor.phase is Phase.IDLE and live is not None
        if rests and live is not None and all(world.routes.get(one.ref) == one.route for one in live.spec.routes):
            world.meddled = False
        if world.meddled:
            return
        led = [name for name in (*world.pods, *(one.name for one in anchor.present)) if world.leads_to(name)]
        if anchor.phase in (Phase.IDLE, Phase.SOAKING) and live is not None:
            demand(set(led) == {live.name}, "R10", (anchor.phase, led, live.name))
        risen = anchor.risen
        if anchor.phase in BEFORE_SWITCH and risen is not None:
            demand(risen.name not in led, "R9", (anchor.phase, led))
        for name in led:
            demand(name in world.pods and world.pods[name].replicas > 0, "R2", (anchor.phase, name))
        ends = anchor.phase in (Phase.UNDEPLOYING, Phase.BLOCKED) or any(one.before is None for one in anchor.elements)
        if live is not None and not ends:
            demand(bool(led), "R1 empty", (anchor.phase, world.routes))

    def settle(self, turns: int = 400) -> None:
        """Let everything go well until nothing is left to do."""
        for _ in range(turns):
            self.world.grow()
            moved = self.turn()
            self.world.now += timedelta(seconds=1)
            if not moved and self.anchor.phase in (Phase.IDLE, Phase.BLOCKED, Phase.AWAITING) and not self.anchor.queue:
                return

    @property
    def phase(self) -> Phase:
        return self.anchor.phase

    def state_of(self, name: str) -> VersionState | None:
        version = self.anchor.version(name)
        return version.state if version is not None else None

    def _check_anchor(self, before: Anchor, event: UnitEvent, commands: tuple[ask.Command, ...]) -> None:
        after = self.anchor
        if after.blocked is not None and after.blocked is not before.blocked:
            told = after.blocked.explanation
            demand("there is no rule" not in told, "R12", f"{told} with {before}")
        live = [one.name for one in after.versions if one.state is VersionState.LIVE]
        demand(len(live) <= 1, "R6 live", live)
        demand(sum(1 for _ in after.present) <= 3, "R6 versions", [(one.name, one.state) for one in after.versions])
        if after.candidate is not None:
            self.entered.setdefault(after.candidate.deployment, set()).add(after.phase)
        if not isinstance(event, VersionFact) and before.phase is not Phase.BLOCKED:
            self._check_leaving(before)
        for command in commands:
            if (
                isinstance(command, ask.Record)
                and (command.ended.deployment, command.ended.outcome) not in self.recorded
            ):
                self._check_record(command)

    def _check_leaving(self, before: Anchor) -> None:
        old = {one.name for one in before.versions if one.state is VersionState.LIVE}
        left = old & {one.name for one in self.anchor.versions if one.state is not VersionState.LIVE}
        allowed = {Phase.CONFIRMING, Phase.REVERTING, Phase.UNDEPLOYING}
        for name in left:
            gone = before.phase in allowed and (self.world.meddled or not self.world.leads_to(name))
            demand(gone, "R4", (before.phase, name))

    def _check_record(self, command: ask.Record) -> None:
        ended = command.ended
        self.recorded.append((ended.deployment, ended.outcome))
        if ended.outcome is UnitOutcome.DEPLOYED:
            phases = self.entered.get(ended.deployment, set())
            demand({Phase.CONFIRMING, Phase.SOAKING} <= phases, "R11", (ended, phases))


def _touch(unit: Unit, command: ask.Touch) -> bool:
    demand(command.epoch >= unit.world.epoch, "R8", command)
    unit.world.epoch = command.epoch
    return True


def _create(unit: Unit, command: ask.CreateVersion) -> bool:
    world = unit.world
    demand(world.meddled or not world.leads_to(command.version), "R9", command)
    if command.version not in world.pods:
        world.uids += 1
        world.pods[command.version] = Pods(replicas=command.replicas["shop"], uid=world.uids)
        world.preview = command.version
    return True


def _switch(unit: Unit, command: ask.SwitchRoute) -> bool:
    world, anchor = unit.world, unit.anchor
    found = world.routes.get(command.ref)
    live = anchor.live.spec.routes if anchor.live is not None else ()
    restores = found is None and any((one.ref, one.route) == (command.ref, command.to) for one in live)
    demand(anchor.phase in ROUTE_WRITERS or command.replaces == (None,), "R3", (anchor.phase, command))
    if found == command.to:
        return True
    pods = world.pods.get(command.version)
    ready = pods is not None and all(pods.ready >= count for count in command.floor.values()) and bool(command.floor)
    if found not in command.replaces or (command.to is not None and not ready):
        return False
    demand(anchor.phase in ROUTE_WRITERS or restores, "R3", (anchor.phase, command))
    elements = [one for one in anchor.elements if one.ref == command.ref]
    demand(restores or all(one.knows(command.to) for one in elements), "R1", command)
    demand(command.to is None or (pods is not None and pods.ready > 0), "R1 ready", command)
    demand(command.to is not None or any(one.knows(None) for one in elements), "R1 empty", command)
    world.routes[command.ref] = command.to
    return True


def _replicas(unit: Unit, command: ask.SetReplicas) -> bool:
    world, wanted = unit.world, command.replicas.get("shop", 0)
    pods = world.pods.get(command.version)
    if pods is None or (command.how is ask.Scaling.UP and wanted <= pods.replicas):
        return True
    if command.how is ask.Scaling.DOWN and wanted >= pods.replicas:
        return True
    if wanted < pods.replicas and command.how is not ask.Scaling.ASKED:
        routed = world.leads_to(command.version)
        if routed and not unit.naive:
            return False
        demand(not routed, "R2 scale", command)
        demand(command.version not in _sides(unit), "R2 side", (unit.anchor.phase, command))
    pods.replicas, pods.ready = wanted, min(pods.ready, wanted)
    return True


def _sides(unit: Unit) -> set[str]:
    """Both sides of a switch that has begun and is not confirmed: neither may shrink."""
    anchor = unit.anchor
    if anchor.phase not in (Phase.SWITCHING, Phase.CONFIRMING, Phase.SOAKING, Phase.REVERTING) or not anchor.candidate:
        return set()
    return {anchor.candidate.version, anchor.candidate.previous}


def _remove(unit: Unit, command: ask.RemoveVersion) -> bool:
    world = unit.world
    routed = world.leads_to(command.version)
    if routed and not unit.naive:
        return False
    demand(not routed, "R2 removal", command)
    demand(command.version not in _sides(unit), "R2 side", (unit.anchor.phase, command))
    world.pods.pop(command.version, None)
    return True


def _autoscalers(unit: Unit, command: ask.SetAutoscalers) -> bool:
    pods = unit.world.pods.get(command.version)
    if pods is not None:
        pods.autoscaled = command.wanted
    return True


def _evidence(unit: Unit, command: ask.KeepEvidence) -> bool:
    pods = unit.world.pods.get(command.version)
    if pods is not None:
        pods.evidence = True
    return True


def _remove_routes(unit: Unit, command: ask.RemoveRoutes) -> bool:
    for ref in command.refs:
        unit.world.routes[ref] = None
    return True


def _set(**changes: object) -> Callable[[Unit, ask.Command], bool]:
    def change(unit: Unit, _: ask.Command) -> bool:
        for name, value in changes.items():
            setattr(unit.world, name, value)
        return True

    return change


def _preview(unit: Unit, command: ask.SetPreview) -> bool:
    unit.world.preview = command.version
    return True


def _open(unit: Unit, command: ask.ProbeRoutes) -> bool:
    unit.world.opened = command.version
    return True


def _in_place(unit: Unit, command: ask.ApplyInPlace) -> bool:
    unit.world.difference = Difference.NONE
    live = unit.anchor.live
    pods = unit.world.pods.get(live.name) if live is not None else None
    if pods is not None:
        pods.autoscaled = pods.autoscaled and command.spec.autoscaled
    return True


_DOING: Mapping[type[ask.Command], Callable[..., bool]] = {
    ask.Touch: _touch,
    ask.CreateVersion: _create,
    ask.SwitchRoute: _switch,
    ask.SetReplicas: _replicas,
    ask.RemoveVersion: _remove,
    ask.SetAutoscalers: _autoscalers,
    ask.KeepEvidence: _evidence,
    ask.RemoveRoutes: _remove_routes,
    ask.RemoveUnit: _set(leftovers=False),
    ask.PinLabels: _set(labelled=True),
    ask.SetPreview: _preview,
    ask.ProbeRoutes: _open,
    ask.ApplyInPlace: _in_place,
}


def submitted_to(unit: Unit, *intents: Intent) -> None:
    """Append intents to the unit's queue, as a caller does."""
    unit.anchor = replace(unit.anchor, queue=(*unit.anchor.queue, *intents))
