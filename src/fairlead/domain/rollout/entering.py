"""What a phase does on entry, derived from the anchor alone, so that it can be asked again at any time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.commands import (
    ApplyInPlace,
    Command,
    CreateVersion,
    Inspect,
    Notify,
    PinLabels,
    ProbeRoutes,
    ReleaseHosts,
    RemoveRoutes,
    RemoveUnit,
    RunGates,
    Scaling,
    SetPreview,
    SetReplicas,
    StageRoute,
    SwitchRoute,
)
from fairlead.domain.rollout.intents import VersionSpec
from fairlead.domain.rollout.phases import Part, Phase, VersionState
from fairlead.domain.rollout.traffic import Route, RouteElement


def duties(anchor: Anchor) -> tuple[Command, ...]:
    """Return what the phase of an anchor asks of a driver until its goal is reached."""
    match anchor.phase:
        case Phase.IDLE:
            return (ReleaseHosts(hosts_needed(anchor)), *_unshown(anchor))
        case Phase.BLOCKED:
            blocked = anchor.blocked
            return (Notify("blocked", blocked.explanation if blocked is not None else "", alarm=True),)
        case Phase.ADOPTING:
            return _adopting(anchor)
        case Phase.REVERTING:
            return _reverting(anchor)
        case Phase.UNDEPLOYING:
            return _undeploying(anchor)
        case _:
            return _rolling_out(anchor)


def hosts_needed(anchor: Anchor) -> tuple[str, ...]:
    """Return the hosts that a version of the unit needs, each once."""
    specs = [one.spec for one in anchor.present]
    return tuple(dict.fromkeys(host for spec in specs for host in spec.hosts))


def preview_kept(anchor: Anchor) -> str:
    """Return the version that a preview leads to once the candidate is given up, empty where it goes."""
    return anchor.live.name if anchor.live is not None and anchor.live.spec.preview else ""


def _unshown(anchor: Anchor) -> tuple[Command, ...]:
    """Return what takes a preview away that an earlier version had, and the live one has not."""
    live = anchor.live
    earlier = any(one.spec.preview and one.was_live for one in anchor.present)
    return (SetPreview(""),) if live is not None and not live.spec.preview and earlier else ()


def live_elements(anchor: Anchor) -> tuple[RouteElement, ...]:
    """Return the elements of the switch under way; at rest, those of the live version, before as after.

    While no version is live, those of every version there is shall not be there.
    """
    if anchor.elements:
        return anchor.elements
    if anchor.live is not None:
        return tuple(RouteElement(target.ref, target.route, target.route) for target in anchor.live.spec.routes)
    refs = dict.fromkeys(target.ref for version in anchor.present for target in version.spec.routes)
    return tuple(RouteElement(ref, None, None) for ref in refs)


def switches(anchor: Anchor, version: str, *, back: bool) -> tuple[SwitchRoute, ...]:
    """Return the compare-and-swap of every element towards a version: S0 to S1, or back."""
    return tuple(
        SwitchRoute(
            element.ref,
            element.before if back else element.after,
            _replaced(anchor, element, back=back),
            version,
            _floor(anchor, version),
            anchor.deadline,
        )
        for element in live_elements(anchor)
    )


def _replaced(anchor: Anchor, element: RouteElement, *, back: bool) -> tuple[Route | None, ...]:
    known = (element.after, element.before) if back else (element.before, element.after)
    return (*known, *(target.route for target in anchor.foreign if target.ref == element.ref))


def _floor(anchor: Anchor, name: str) -> Mapping[str, int]:
    version = anchor.version(name)
    return version.floor if version is not None else {}


def _rolling_out(anchor: Anchor) -> tuple[Command, ...]:
    candidate = anchor.candidate
    return _DUTIES[anchor.phase](anchor, candidate.spec) if candidate is not None and anchor.phase in _DUTIES else ()


def _inspecting(anchor: Anchor, spec: VersionSpec) -> tuple[Command, ...]:
    in_place = anchor.candidate is not None and anchor.candidate.applied
    return (ApplyInPlace(spec, anchor.deadline), Inspect(spec)) if in_place else (Inspect(spec),)


def _creating(anchor: Anchor, spec: VersionSpec) -> tuple[Command, ...]:
    version = anchor.version(spec.version)
    if version is None or version.state is not VersionState.STARTING:  # there was no room for it yet
        return ()
    return (CreateVersion(version.name, version.replicas, anchor.deadline),)


def _gates(anchor: Anchor, spec: VersionSpec) -> tuple[Command, ...]:
    soak = anchor.phase is Phase.SOAKING
    wanted = spec.policy.soak if soak else spec.policy.verify
    return (RunGates(spec.version, spec.digest, soak, anchor.deadline),) if wanted else ()


def _staging(anchor: Anchor, spec: VersionSpec) -> tuple[Command, ...]:
    return tuple(StageRoute(element, spec.version) for element in anchor.elements)


def _probing(anchor: Anchor, spec: VersionSpec) -> tuple[Command, ...]:
    return (ProbeRoutes(tuple(element.ref for element in anchor.elements), spec.version, anchor.deadline),)


def _aborting(anchor: Anchor, spec: VersionSpec) -> tuple[Command, ...]:
    live = anchor.live.name if anchor.live is not None else ""
    opened = ProbeRoutes((), live, None)  # what leads in from outside may be the candidate's already
    return (SetPreview(preview_kept(anchor)), opened) if spec.preview else (opened,)


_DUTIES: Final[Mapping[Phase, Callable[[Anchor, VersionSpec], tuple[Command, ...]]]] = {
    Phase.PREFLIGHT: _inspecting,
    Phase.CREATING: _creating,
    Phase.VERIFYING: _gates,
    Phase.AWAITING: lambda _, spec: (Notify("awaiting", f"version {spec.version} waits to be promoted"),),
    Phase.STAGING: _staging,
    Phase.SWITCHING: lambda anchor, spec: switches(anchor, spec.version, back=False),
    Phase.CONFIRMING: _probing,
    Phase.SOAKING: _gates,
    Phase.ABORTING: _aborting,
}


def _adopting(anchor: Anchor) -> tuple[Command, ...]:
    live = anchor.live.name if anchor.live is not None else ""
    match anchor.part:
        case Part.SELECTORS:
            return switches(anchor, live, back=False)
        case Part.UNDOING:
            return switches(anchor, live, back=True)
        case _:
            return (PinLabels(live, anchor.deadline),)


def old_side(anchor: Anchor) -> str:
    """Return the version that S0 leads to: what traffic goes back to. Empty for none."""
    if anchor.candidate is not None:
        return anchor.candidate.previous
    return anchor.live.name if anchor.live is not None else ""


def _reverting(anchor: Anchor) -> tuple[Command, ...]:
    old = old_side(anchor)
    if anchor.part is Part.BACK:
        return switches(anchor, old, back=True)
    return (SetReplicas(old, _floor(anchor, old), Scaling.UP, anchor.deadline),) if old else ()


def _undeploying(anchor: Anchor) -> tuple[Command, ...]:
    match anchor.part:
        case Part.ROUTES:
            return (RemoveRoutes(tuple(element.ref for element in live_elements(anchor)), anchor.deadline),)
        case Part.REMOVING:
            return (RemoveUnit(anchor.deadline),)
        case _:
            return ()
