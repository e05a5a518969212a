"""What is looked into before anything is written: would the server take it, is the name free, who else would select it.

Nothing of the unit is written here but the claims of its hosts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fairlead.domain.apps.naming import collisions, is_marked
from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import object_ref
from fairlead.domain.labels import selector_of
from fairlead.domain.manifests import JsonObject
from fairlead.domain.reading import branch, text
from fairlead.domain.rollout.commands import Inspect
from fairlead.domain.rollout.intents import VersionSpec
from fairlead.domain.rollout.observation import Difference, PreflightSeen
from fairlead.domain.rollout.traffic import RouteElement
from fairlead.pipeline.engine import at_once, both
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.differing import has_same_pods, in_place, is_as_wanted
from fairlead.pipeline.units.drifting import drifts
from fairlead.pipeline.units.hosts import Hosts
from fairlead.pipeline.units.sight import SERVICES, readings
from fairlead.pipeline.units.trying import refusal
from fairlead.pipeline.units.turn import Turn
from fairlead.ports.cluster import ApiKind, LiveObject
from fairlead.ports.traffic import Guarantee

_SELECTING: Final = {
    ("policy/v1", "PodDisruptionBudget"): (("spec", "selector"), "two budgets on one pod block its eviction"),
    ("networking.k8s.io/v1", "NetworkPolicy"): (("spec", "podSelector"), "it decides who may reach them"),
    ("monitoring.coreos.com/v1", "PodMonitor"): (("spec", "selector"), "it reads their metrics"),
    ("monitoring.coreos.com/v1", "ServiceMonitor"): (
        ("spec", "selector"),
        "by the versioned Service besides the stable one, it reads their metrics twice",
    ),
}
_BY_SERVICE: Final = "ServiceMonitor"


async def inspect(turn: Turn, command: Inspect) -> None:
    """Find out whether a version may be rolled out, and what is different from what is live."""
    spec, contents = command.spec, turn.contents(command.spec.version)
    claimed = await Hosts(turn.cluster, turn.key).claim(spec.hosts)
    problem, notes = await both(_problem(turn, spec, contents), _notes(turn, spec, contents))
    problem = claimed or problem
    turn.findings.notes += () if problem else notes
    difference = Difference.REFUSED if problem else await _difference(turn, spec, contents)
    turn.findings.preflight[spec.version] = PreflightSeen(
        difference=difference, hosts_claimed=not claimed, explanation=problem
    )


async def _notes(turn: Turn, spec: VersionSpec, contents: Contents) -> list[str]:
    """Return what is to be told of a version; of one that is live already, nothing."""
    return [] if has_same_pods(turn.anchor, spec) else await _also_selected(turn, contents)


async def _problem(turn: Turn, spec: VersionSpec, contents: Contents) -> str:
    """Return why the version cannot be rolled out, empty if it can."""
    if not contents.workloads:
        return f"nothing is stored of what version {spec.version} consists of"
    same = has_same_pods(turn.anchor, spec)  # then what it consists of is not written under its own names
    wanted = () if same else (*contents.own, *contents.autoscalers)
    shared = (*contents.outside, *contents.previews)
    live = await at_once(turn.cluster.get(object_ref(manifest)) for manifest in (*wanted, *shared))
    there = {object_ref(one).identity: one for one in live if one is not None}
    if found := collisions((*wanted, *shared), there):
        return found[0].message
    if terminating := [one for one in live if one is not None and text(one, "metadata", "deletionTimestamp")]:
        return f"{object_ref(terminating[0])} is still being deleted"
    routes = [each for each in contents.routes if each["kind"] != SERVICES.kind]
    refusals = [_refusal(turn, manifest) for manifest in (*wanted, *contents.outside, *routes)]
    others = () if same else (_selected_by_others(turn, contents), _routes_problem(turn, spec))
    return next(filter(None, await at_once((*refusals, *others))), "")


async def _refusal(turn: Turn, manifest: JsonObject) -> str:
    """Return in words what the server has against an object, empty for nothing."""
    refused = await refusal(turn.cluster, manifest)
    return "" if refused is None else str(refused)


async def _selected_by_others(turn: Turn, contents: Contents) -> str:
    """Return which Service of somebody else would send traffic to the new pods before their switch."""
    services = (await turn.cluster.list(SERVICES, turn.key.namespace, fresh=False)).items
    routes = {target.ref for one in turn.anchor.present for target in one.spec.routes}
    ours = {object_ref(each) for each in (*contents.services, *contents.routes, *contents.previews)} | routes
    for service in services:
        selector = branch(service, "spec", "selector")
        if object_ref(service) not in ours and selector and _finds(selector, contents):
            return f"{object_ref(service)} would send traffic to the new pods before the switch: it selects them too"
    return ""


async def _also_selected(turn: Turn, contents: Contents) -> list[str]:
    """Return what else of others would concern the new pods, in words."""
    own = {object_ref(each) for one in (contents, *turn.library.values()) for each in one.budgets}
    served = {(kind.api_version, kind.kind): kind for kind in await turn.cluster.kinds()}
    asked = [(path, why, kind) for name, (path, why) in _SELECTING.items() if (kind := served.get(name)) is not None]
    listed = await at_once(_readable(turn, kind) for _, _, kind in asked)
    return [
        f"{object_ref(one)} selects the new pods, too: {why}"
        for (path, why, _), found in zip(asked, listed, strict=True)
        for one in found
        if object_ref(one) not in own and _selects(one, path, contents)
    ]


async def _readable(turn: Turn, kind: ApiKind) -> Sequence[LiveObject]:
    """Return the objects of a kind in the unit's namespace; none where they may not be read."""
    try:
        return (await turn.cluster.list(kind, turn.key.namespace, fresh=False)).items
    except RemoteRefused:
        return ()


def _selects(obj: Mapping[str, Any], path: tuple[str, ...], contents: Contents) -> bool:
    """Whether an object's label selector matches pods of a version, or the Services by which it finds them."""
    selector = selector_of(branch(obj, *path))
    if obj["kind"] == _BY_SERVICE:
        return any(selector.matches(branch(each, "metadata", "labels")) for each in contents.services)
    return any(map(selector.matches, _pod_labels(contents)))


def _finds(selector: Mapping[str, Any], contents: Contents) -> bool:
    return any(selector.items() <= labels.items() for labels in _pod_labels(contents))


def _pod_labels(contents: Contents) -> Iterator[Mapping[str, Any]]:
    for manifest in contents.workloads.values():
        yield branch(manifest, "spec", "template", "metadata", "labels")


async def _routes_problem(turn: Turn, spec: VersionSpec) -> str:
    """Return which route is not ours, or cannot be switched without losing requests; empty if there is none."""
    known = {target.ref for target in turn.anchor.live.spec.routes} if turn.anchor.live is not None else set()
    elements = [RouteElement(target.ref, target.route, target.route) for target in spec.routes]
    lives, found = await both(
        at_once(turn.cluster.get(target.ref) for target in spec.routes), readings(turn.place, elements, fresh=False)
    )
    for target, live in zip(spec.routes, lives, strict=True):
        if live is not None and target.ref not in known and not is_marked(live, turn.key.namespace, turn.key.name):
            return f"{target.ref} exists already, and what is behind it cannot be adopted"
    for element, reading in zip(elements, found.values(), strict=True):
        if reading.guarantee is Guarantee.NONE and reading.route is not None:
            return f"{element.ref} is followed by a load balancer that lets go of old pods before it knows the new"
    return ""


async def _difference(turn: Turn, spec: VersionSpec, contents: Contents) -> Difference:
    """Return what is to be done; what others did to the live version is looked for once, before anything is written."""
    live = turn.anchor.live
    if live is None or not has_same_pods(turn.anchor, spec):
        return Difference.NEW_VERSION
    now = turn.contents(live.name)
    applied = turn.anchor.candidate is not None and turn.anchor.candidate.applied  # then the anchor follows
    known = spec if applied else live.spec
    if not is_as_wanted(known, now, spec, contents):
        return Difference.IN_PLACE
    routes = {target.ref for target in live.spec.routes}  # those are for the machine to make again
    drifted = () if applied else await drifts(turn.cluster, in_place(now, contents))
    return Difference.IN_PLACE if any(one.live or one.ref not in routes for one in drifted) else Difference.NONE
