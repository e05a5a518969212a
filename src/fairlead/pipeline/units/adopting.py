"""Makes versions of what was none: a plain Deployment behind a plain Service becomes the live version of a unit.

The Service selects pods whatever their version, so pods of a new version would get its traffic as soon as they are
ready. First the pod template gets the version, by a rolling update: the Deployment's own selector cannot change, and
labels of live pods would be lost with them. Then, when all pods carry it, the Service's selector gets it, too. What
scales the Deployment is the version's, too: it goes while another version is live, and comes back with this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fairlead.domain.apps.naming import UNIT_LABEL, VERSION_LABEL, is_marked, mark
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.identity import ObjectRef, object_ref, sha256_json
from fairlead.domain.joining import joined
from fairlead.domain.marks import RELEASE_ANNOTATION, Foreign, ownership, unmarked
from fairlead.domain.normalising import visible
from fairlead.domain.reading import branch, entries, is_true, text, whole
from fairlead.domain.rollout.commands import PinLabels
from fairlead.domain.rollout.intents import Deploy
from fairlead.domain.rollout.observation import AdoptionSeen
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.rollout.traffic import RouteTarget, Selector
from fairlead.domain.units import UnitKey
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.guarded import change
from fairlead.pipeline.units.leading import as_release
from fairlead.pipeline.units.sight import AUTOSCALERS, DEPLOYMENTS, PODS, is_going, is_ready, scaled_by
from fairlead.pipeline.units.turn import Contradicted, Turn
from fairlead.ports.cluster import Cluster, LiveObject

ADOPTED: Final = "0"
"""The version under which what was there is adopted: before every number that a descriptor may get."""


@dataclass(frozen=True, slots=True)
class _Plain:
    """A Service, the one Deployment behind it, and what scales that."""

    workload: str
    service: LiveObject
    deployment: LiveObject
    autoscalers: tuple[LiveObject, ...]

    @property
    def objects(self) -> tuple[LiveObject, ...]:
        return (self.service, self.deployment, *self.autoscalers)

    @property
    def selector(self) -> Selector:
        return Selector({k: v for k, v in branch(self.service, "spec", "selector").items() if k != VERSION_LABEL})


async def look_at_adoption(turn: Turn) -> None:
    """Note in the findings what there is to adopt, for a unit that has no version yet, or is being adopted."""
    turn.findings.adoption = None
    intent = next((one for one in turn.anchor.queue if isinstance(one, Deploy)), None)
    spec = intent.spec if intent is not None else None
    if turn.anchor.phase is Phase.ADOPTING and turn.anchor.candidate is not None:
        spec = turn.anchor.candidate.spec
    elif any(True for _ in turn.anchor.present):
        return
    if spec is None:
        return
    targets = [target.ref for target in spec.routes if isinstance(target.route, Selector)]
    found = await _plains(turn, targets)
    if found and len(found) == len(targets):
        turn.findings.adoption = await _seen(turn, found)


async def require_adoptable(cluster: Cluster, key: UnitKey, services: Sequence[ObjectRef]) -> None:
    """Let a first version pass if its Services are not there, ours already, or to be adopted, all of them.

    Raises:
        Refused: what is there cannot be adopted, and would be in the way (`notAdoptable`).
    """
    found = dict(zip(services, await at_once(_behind(cluster, key, ref) for ref in services), strict=True))
    why = [f"{ref} cannot be adopted: {one}" for ref, one in found.items() if isinstance(one, str)]
    if not why and any(found.values()) and not all(found.values()):
        there, not_there = (sorted(str(ref) for ref, one in found.items() if bool(one) is is_) for is_ in (True, False))
        why = [f"{', '.join(there)} could be adopted, but there is no {', '.join(not_there)}"]
    if why:
        remedy = "give the app another name, or remove what is there first, which interrupts it"
        raise Refused(Problem("notAdoptable", each, path="appName", remedy=remedy) for each in why)


async def pin_labels(turn: Turn, command: PinLabels) -> None:
    """Bring the version into the pod templates, and store what the adopted version consists of."""
    turn.check_time(command.deadline)
    live = turn.anchor.version(command.version)
    found = await _plains(turn, [target.ref for target in (live.spec.routes if live else ())])
    if not found:
        raise Contradicted
    for one in found:
        await _take_over(turn, one)
    if not turn.contents(command.version).workloads:
        await turn.keep(_contents(turn, command.version, found))
    for one in found:
        for each in (*one.autoscalers, one.deployment):
            if not _is_pinned(each, command.version) and not await _pin(turn, each, command.version):
                raise Contradicted


async def _take_over(turn: Turn, plain: _Plain) -> None:
    """Take what is adopted out of the inventory of the release that made it, which would prune it else one day."""
    refs = {object_ref(one).identity for one in plain.objects}
    for release in {_release(one) for one in plain.objects} - {""}:
        key = replace(as_release(turn.key), release=release)
        stored = await turn.place.memory.read(key)
        left = stored.state.inventory.without(refs)
        if len(left) < len(stored.state.inventory):
            if stored.state.lock is not None:
                raise Contradicted  # a run has it in its hands, and goes by what it has read
            if await turn.place.memory.swap(key, stored, replace(stored.state, inventory=left)) is None:
                raise Contradicted
    owner = mark(turn.key.namespace, turn.key.name)
    if not owner.items() <= branch(plain.service, "metadata", "annotations").items():
        await change(turn.cluster, plain.service, (), epoch=turn.epoch, annotations=owner)


def _release(live: LiveObject) -> str:
    """Return the release of ours in the same namespace that made an object, empty for none."""
    namespace, _, name = text(live, "metadata", "annotations", RELEASE_ANNOTATION).partition("/")
    return name if namespace == object_ref(live).namespace else ""


def _not_free(key: UnitKey, live: LiveObject) -> str:
    """Return who keeps an object as it is, empty where it is nobody's, or of a release of ours: that is adopted."""
    if any(is_true(owner, "controller") for owner in entries(live, "metadata", "ownerReferences")):
        return f"a controller keeps {object_ref(live)}"
    bare = unmarked(live) if _release(live) else live
    owner = ownership(bare, as_release(key), is_chart=False)
    return f"{object_ref(live)} belongs to {owner.owner}" if isinstance(owner, Foreign) else ""


def _is_pinned(live: LiveObject, version: str) -> bool:
    labels = branch(live, "metadata", "labels") if live["kind"] == AUTOSCALERS.kind else _pod_labels(live)
    return labels.get(VERSION_LABEL) == version


async def _pin(turn: Turn, live: LiveObject, version: str) -> bool:
    """Bring the version into the labels of an object, and of its pods if it has some."""
    labels = {VERSION_LABEL: version, UNIT_LABEL: turn.key.name}
    changes = [("/metadata/labels", {**branch(live, "metadata", "labels"), **labels})]
    if pods := _pod_labels(live):
        changes.append(("/spec/template/metadata/labels", {**pods, **labels}))
    marks = mark(turn.key.namespace, turn.key.name)
    return await change(turn.cluster, live, changes, epoch=turn.epoch, annotations=marks) is not None


def _pod_labels(live: LiveObject) -> Mapping[str, Any]:
    return branch(live, "spec", "template", "metadata", "labels")


async def _plains(turn: Turn, services: Sequence[ObjectRef]) -> list[_Plain]:
    """Return what is behind Services that can be adopted."""
    found = [await _behind(turn.cluster, turn.key, ref) for ref in services]
    return [one for one in found if isinstance(one, _Plain)]


async def _behind(cluster: Cluster, key: UnitKey, ref: ObjectRef) -> _Plain | str | None:
    """Return what is behind a Service that knows no versions, or did not before it was adopted; or why it stays so.

    None: there is no such Service, or none that is to be adopted.
    """
    service = await cluster.get(ref)
    if service is None:
        return None
    selector = dict(branch(service, "spec", "selector"))
    if selector.pop(VERSION_LABEL, ADOPTED) != ADOPTED:
        return None if is_marked(service, key.namespace, key.name) else "it selects a version already"
    if not selector:
        return "it selects no pods"
    found = (await cluster.list(DEPLOYMENTS, key.namespace)).items
    behind = [one for one in found if _selects(selector, one) and not is_going(one)]
    if len(behind) != 1:
        return f"{len(behind)} Deployments are behind it, and it has to be one"
    scaling = (await cluster.list(AUTOSCALERS, key.namespace)).items
    autoscalers = [one for one in scaling if scaled_by(one) == text(behind[0], "metadata", "name")]
    plain = _Plain(ref.name, service, behind[0], tuple(one for one in autoscalers if not is_going(one)))
    return joined(_not_free(key, one) for one in plain.objects) or plain


def _selects(selector: Mapping[str, Any], deployment: LiveObject) -> bool:
    labels = _pod_labels(deployment)
    return selector.items() <= labels.items() and labels.get(VERSION_LABEL, ADOPTED) == ADOPTED


async def _seen(turn: Turn, found: list[_Plain]) -> AdoptionSeen:
    pinned = [all(_is_pinned(live, ADOPTED) for live in (one.deployment, *one.autoscalers)) for one in found]
    return AdoptionSeen(
        version=ADOPTED,
        digest=_contents(turn, ADOPTED, found).digest,
        workloads={one.workload: whole(one.deployment, "spec", "replicas", default=1) for one in found},
        routes=tuple(RouteTarget(object_ref(one.service), one.selector) for one in found),
        pinned=tuple(RouteTarget(object_ref(one.service), one.selector.with_version(ADOPTED)) for one in found),
        pinning=all(pinned),
        labelled=all(pinned) and all([await _is_through(turn, one) for one in found]),
        autoscaled=any(one.autoscalers for one in found),
        headless=any(text(one.service, "spec", "clusterIP") == "None" for one in found),
    )


async def _is_through(turn: Turn, plain: _Plain) -> bool:
    """Return whether every pod behind the Service carries the version, and as many are ready as shall be."""
    wanted = ",".join(f"{name}={value}" for name, value in sorted(plain.selector.labels.items()))
    pods = (await turn.cluster.list(PODS, turn.key.namespace, label_selector=wanted)).items
    staying = [pod for pod in pods if not is_going(pod)]
    carry = all(branch(pod, "metadata", "labels").get(VERSION_LABEL) == ADOPTED for pod in staying)
    return carry and sum(map(is_ready, staying)) >= whole(plain.deployment, "spec", "replicas", default=1)


def _contents(turn: Turn, version: str, found: list[_Plain]) -> Contents:
    """Return what makes the adopted version anew, should it have to be."""
    workloads = {one.workload: _bare(turn, one.deployment, version) for one in found}
    pods = {name: branch(one, "spec", "template", "spec") for name, one in workloads.items()}
    routes = [_bare(turn, one.service, "") for one in found]
    for route, one in zip(routes, found, strict=True):
        kept = {name: value for name, value in route["spec"].items() if name not in ("clusterIP", "clusterIPs")}
        route["spec"] = {**kept, "selector": dict(one.selector.with_version(version).labels)}
    scaling = tuple(_bare(turn, each, version) for one in found for each in one.autoscalers)
    return Contents(
        version=version, digest=sha256_json(pods), workloads=workloads, autoscalers=scaling, routes=tuple(routes)
    )


def _bare(turn: Turn, live: LiveObject, version: str) -> dict[str, Any]:
    """Return a live object as a manifest of ours, with the labels of its version where it has one."""
    seen, ref = visible(live), object_ref(live)
    labels = {**branch(seen, "metadata", "labels"), UNIT_LABEL: turn.key.name}
    labels |= {VERSION_LABEL: version} if version else {}
    annotations = {**branch(seen, "metadata", "annotations"), **mark(turn.key.namespace, turn.key.name)}
    metadata = {"name": ref.name, "namespace": ref.namespace, "labels": labels, "annotations": annotations}
    made: dict[str, Any] = {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata, "spec": seen["spec"]}
    if template := branch(seen, "spec", "template"):
        pods = {**branch(template, "metadata", "labels"), VERSION_LABEL: version, UNIT_LABEL: turn.key.name}
        inner = {**branch(template, "metadata"), "labels": pods}
        made["spec"] = {**seen["spec"], "template": {**template, "metadata": inner}}
    return made
