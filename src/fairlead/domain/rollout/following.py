"""Says what a unit does just now, for who looks on: other words whenever something happens. Nothing branches on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from fairlead.domain.durations import brief, limited
from fairlead.domain.moments import rfc3339
from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.entering import old_side
from fairlead.domain.rollout.guards import is_held_back, promoted_at
from fairlead.domain.rollout.observation import Observation, VersionSeen
from fairlead.domain.rollout.phases import Part, Phase, VersionState
from fairlead.domain.rollout.readiness import has_floor
from fairlead.domain.rollout.versioning import PRESENT_AT_MOST

_STANDING: Final = {
    VersionState.HOT: "its pods stay, and to go back to it is one switch",
    VersionState.WARM: "it has no pods any more, and is kept to go back to",
    VersionState.FAILED: "at most one pod of it stays to be looked into",
}
_AWAY: Final = "the cluster does not answer; no timer runs out meanwhile"
_ADOPTING: Final = {
    Part.LABELS: "the running pods get the version label, a few at a time",
    Part.SELECTORS: "the Services are to select by the version, too",
    Part.UNDOING: "the Services select as they did before",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """What a unit does just now, empty where its phase says it all.

    Of `wanted` pods so many are `ready`, both 0 where none are waited for. `trouble` says what is in the way, as far as
    that is known. `until` is when this ends at the latest, or is given up; None for never.
    """

    doing: str = ""
    trouble: str = ""
    ready: int = 0
    wanted: int = 0
    until: datetime | None = None

    def left(self, now: datetime) -> float | None:
        """Return for how many seconds more it may last, None for as long as it takes."""
        return None if self.until is None else max(0.0, (self.until - now).total_seconds())

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        pods = {"ready": self.ready, "wanted": self.wanted} if self.wanted else {}
        until = {"until": rfc3339(self.until)} if self.until is not None else {}
        return {"doing": self.doing, "trouble": self.trouble, **pods, **until}

    def told(self, phase: Phase, now: datetime) -> str:
        """Return it in words, with its phase and the time that is left."""
        return ": ".join(part for part in (str(phase), limited(self.doing, self.left(now)), self.trouble) if part)


def progress(anchor: Anchor, observation: Observation | None = None) -> Progress:
    """Return what a unit does, by its anchor; with an observation, also how far that is, and what is in the way."""
    found = _OF_PHASE.get(anchor.phase)
    away = observation is not None and not observation.reachable
    told = Progress() if found is None else found(anchor, Observation() if away else observation or Observation())
    return replace(told, trouble=_AWAY) if away else told


def standing(version: Version) -> str:
    """Return what became of a version, and until when."""
    why = _STANDING.get(version.state) if version.deadline is not None else None
    until = "" if why is None or version.deadline is None else f" until {rfc3339(version.deadline)}: {why}"
    return f"version {version.name} is {version.state}{until}"


def _held_back(anchor: Anchor) -> str:
    return f"waits until the {'pause' if anchor.paused is not None else 'freeze'} ends"


def _idle(anchor: Anchor, _seen: Observation) -> Progress:
    return Progress(f"version {anchor.live.name} is live" if anchor.live is not None else "nothing is live")


def _preflight(anchor: Anchor, _seen: Observation) -> Progress:
    does = _held_back(anchor) if is_held_back(anchor) else "is compared with what is there"
    return Progress(f"version {_version(anchor)} {does}")


def _creating(anchor: Anchor, _seen: Observation) -> Progress:
    waits = anchor.risen is None or anchor.risen.state is VersionState.ABSENT
    if waits and sum(1 for _ in anchor.present) >= PRESENT_AT_MOST:
        return Progress(f"version {_version(anchor)} waits until the oldest of {PRESENT_AT_MOST} versions is gone")
    return Progress(f"the objects of version {_version(anchor)} are made")


def _warming(anchor: Anchor, seen: Observation) -> Progress:
    return _pods(anchor, anchor.risen, seen)


def _verifying(anchor: Anchor, _seen: Observation) -> Progress:
    if anchor.candidate is None or not anchor.candidate.spec.policy.verify:
        return Progress()
    return Progress(f"the gates of version {_version(anchor)} are asked", until=anchor.deadline)


def _awaiting(anchor: Anchor, _seen: Observation) -> Progress:
    version, due = _version(anchor), promoted_at(anchor)
    if due is not None:
        return Progress(f"version {version} goes live by itself, unless it is promoted or aborted before", until=due)
    if is_held_back(anchor):
        return Progress(f"version {version} stands ready, and {_held_back(anchor)}")
    return Progress(f"version {version} stands ready until somebody promotes or aborts it", until=anchor.deadline)


def _staging(anchor: Anchor, seen: Observation) -> Progress:
    if is_held_back(anchor):
        return Progress(f"version {_version(anchor)} {_held_back(anchor)}")
    if _short(anchor.risen, seen):
        return _pods(anchor, anchor.risen, seen)
    return Progress(f"every proxy has to know version {_version(anchor)}", until=anchor.deadline)


def _switching(anchor: Anchor, _seen: Observation) -> Progress:
    old = old_side(anchor)
    return Progress(f"{_routes(anchor)}{f' from version {old}' if old else ''} to version {_version(anchor)}")


def _confirming(anchor: Anchor, seen: Observation) -> Progress:
    doing = f"{_routes(anchor)} {_verb(anchor, 'has', 'have')} to lead to version {_version(anchor)}"
    return Progress(doing, seen.unanswered)


def _soaking(anchor: Anchor, _seen: Observation) -> Progress:
    candidate = anchor.candidate
    policy = candidate.spec.policy if candidate is not None else None
    if policy is None or anchor.since is None or not (policy.soak or policy.soak_for):
        return Progress()
    until = anchor.since + timedelta(seconds=policy.soak_for)
    return Progress(f"version {_version(anchor)} has the traffic, and is watched", until=until)


def _reverting(anchor: Anchor, seen: Observation) -> Progress:
    old = old_side(anchor)
    if anchor.part is Part.FLOOR and _short(anchor.version(old), seen):
        return _pods(anchor, anchor.version(old), seen)
    return Progress(f"{_routes(anchor)} back to {f'version {old}' if old else 'what it was'}", until=anchor.deadline)


def _aborting(anchor: Anchor, _seen: Observation) -> Progress:
    return Progress(f"what explains it is kept, then version {_version(anchor)} is scaled down")


def _adopting(anchor: Anchor, _seen: Observation) -> Progress:
    return Progress(_ADOPTING[anchor.part], until=anchor.deadline)


def _undeploying(anchor: Anchor, _seen: Observation) -> Progress:
    there = [one.name for one in anchor.present]
    names = f"version{'s' if len(there) > 1 else ''} {_and(there)}" if there else "the app"
    match anchor.part:
        case Part.ROUTES if anchor.elements:
            return Progress(f"{_routes(anchor)} {_verb(anchor, 'goes', 'go')} first, so that nothing new arrives")
        case Part.DRAINING:
            return Progress(f"open requests to {names} may end", until=anchor.deadline)
        case Part.REMOVING:
            return Progress(f"all that belongs to {names} is deleted")
        case _:
            return Progress()


def _verb(anchor: Anchor, one: str, many: str) -> str:
    return one if len(anchor.elements) == 1 else many


def _short(version: Version | None, observation: Observation) -> bool:
    """Return whether a look shows that a version lacks pods."""
    seen = observation.versions.get(version.name) if version is not None else None
    return version is not None and seen is not None and not has_floor(version, seen)


def _pods(anchor: Anchor, version: Version | None, observation: Observation) -> Progress:
    """Return how many pods of a version are ready, or what else it waits for."""
    if version is None:
        return Progress()
    seen = observation.versions.get(version.name) or VersionSeen()
    floor = dict(sorted(version.floor.items()))
    ready = {name: min(count, _ready(seen, name)) for name, count in floor.items()}
    of = {name: f" of {name}" if len(floor) > 1 else "" for name in floor}
    counted = _and(f"{ready[name]} of {count} pods{of[name]}" for name, count in floor.items())
    doing = f"{counted} of version {version.name} are ready{_then(anchor, version, seen)}"
    trouble = seen.trouble or seen.cannot_recover.partition("\n")[0]
    return Progress(doing, trouble, sum(ready.values()), sum(floor.values()), anchor.deadline)


def _ready(seen: VersionSeen, workload: str) -> int:
    found = seen.workloads.get(workload)
    return found.ready if found is not None else 0


def _then(anchor: Anchor, version: Version, seen: VersionSeen) -> str:
    """Return what is waited for once all pods are ready."""
    candidate = anchor.candidate
    if candidate is None or not has_floor(version, seen):
        return ""
    seconds = candidate.spec.policy.min_ready
    if seconds and candidate.floor_since is not None and anchor.phase is Phase.WARMING:
        return f", and have to stay so for {brief(seconds)}"
    return "" if seen.endpoints_match else ", and not yet behind their Services"


def _version(anchor: Anchor) -> str:
    return anchor.candidate.version if anchor.candidate is not None else ""


def _routes(anchor: Anchor) -> str:
    return _and(f"{one.ref.kind} {one.ref.name}" for one in anchor.elements)


def _and(words: Iterable[str]) -> str:
    *most, last = list(words) or [""]
    return f"{', '.join(most)} and {last}" if most else last


_OF_PHASE: Final[Mapping[Phase, Callable[[Anchor, Observation], Progress]]] = {
    Phase.IDLE: _idle,
    Phase.ADOPTING: _adopting,
    Phase.PREFLIGHT: _preflight,
    Phase.CREATING: _creating,
    Phase.WARMING: _warming,
    Phase.VERIFYING: _verifying,
    Phase.AWAITING: _awaiting,
    Phase.STAGING: _staging,
    Phase.SWITCHING: _switching,
    Phase.CONFIRMING: _confirming,
    Phase.SOAKING: _soaking,
    Phase.REVERTING: _reverting,
    Phase.ABORTING: _aborting,
    Phase.UNDEPLOYING: _undeploying,
}
