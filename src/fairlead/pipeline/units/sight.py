"""One look at what a unit has in its cluster, found by its label and by what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fairlead.domain.apps.naming import UNIT_LABEL, VERSION_LABEL, is_marked
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.reading import ObjectBody, branch, entries, text, uid
from fairlead.domain.rollout.traffic import RouteElement
from fairlead.domain.units import MEMORY_PREFIX, UnitKey, epoch_of
from fairlead.pipeline.engine import at_once, both
from fairlead.pipeline.units.place import Place
from fairlead.ports.cluster import ApiKind, LiveObject
from fairlead.ports.traffic import RouteReading

DEPLOYMENTS: Final = ApiKind("apps/v1", "Deployment", "deployments", namespaced=True)
PODS: Final = ApiKind("v1", "Pod", "pods", namespaced=True)
SERVICES: Final = ApiKind("v1", "Service", "services", namespaced=True)
AUTOSCALERS: Final = ApiKind("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", namespaced=True)
SLICES: Final = ApiKind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", namespaced=True)
BUDGETS: Final = ApiKind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", namespaced=True)
CONFIG_MAPS: Final = ApiKind("v1", "ConfigMap", "configmaps", namespaced=True)
SECRETS: Final = ApiKind("v1", "Secret", "secrets", namespaced=True)
INGRESSES: Final = ApiKind("networking.k8s.io/v1", "Ingress", "ingresses", namespaced=True)

MOVING: Final = (DEPLOYMENTS, PODS, SERVICES, AUTOSCALERS, SLICES)
"""What tells whether a version is well and where traffic goes."""
JOBS: Final = ApiKind("batch/v1", "Job", "jobs", namespaced=True)
RUNNING: Final = (DEPLOYMENTS, PODS)
"""What tells how many pods are ready."""
EVERYTHING: Final = (*MOVING, BUDGETS, CONFIG_MAPS, INGRESSES, JOBS, SECRETS)
"""The same with what is only made and removed."""
_NOT_OWNED: Final = frozenset({PODS.kind, SLICES.kind})


@dataclass(frozen=True, slots=True)
class Sight:
    """What was read. `routes` are the elements of the unit with their readings, in their order."""

    objects: Mapping[ObjectRef, LiveObject] = field(default_factory=dict)
    pods: Sequence[LiveObject] = ()
    slices: Sequence[LiveObject] = ()
    routes: Mapping[ObjectRef, RouteReading] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """The highest epoch that anything guarded carries."""
        return max((epoch_of(live) for live in self.objects.values()), default=0)

    def pods_of(self, version: str, labels: Mapping[str, str]) -> list[LiveObject]:
        """Return the pods of a version that a selector matches."""
        wanted = {**labels, VERSION_LABEL: version}.items()
        return [pod for pod in self.pods if wanted <= branch(pod, "metadata", "labels").items()]

    def behind(self, service: str) -> frozenset[str]:
        """Return the UIDs of the ready pods in the endpoint slices of a Service."""
        mine = [one for one in self.slices if _label(one, "kubernetes.io/service-name") == service]
        return frozenset(
            text(endpoint, "targetRef", "uid")
            for one in mine
            for endpoint in entries(one, "endpoints")
            if branch(endpoint, "conditions").get("ready") is not False
        )


async def look(
    place: Place,
    key: UnitKey,
    elements: Iterable[RouteElement],
    known: Iterable[ObjectRef],
    *,
    kinds: Sequence[ApiKind],
    fresh: bool,
) -> Sight:
    """Read what a unit has of some kinds, and its route elements, side by side.

    `known` are objects that may not carry the unit's label, but its mark: what else has their names is not the unit's.
    """
    listings = at_once(_listed(place, key, kind, fresh=fresh) for kind in kinds)
    found, routes = await both(listings, readings(place, elements, fresh=fresh))
    by_kind = {kind.kind: items for kind, items in zip(kinds, found, strict=True)}
    owned = [live for kind, items in by_kind.items() if kind not in _NOT_OWNED for live in items]
    labelled = {object_ref(live): live for live in owned if not _is_book(live)}
    single = await at_once(place.cluster.get(ref) for ref in known if ref not in labelled)
    named = [live for live in single if live is not None and is_marked(live, key.namespace, key.name)]
    marked = {object_ref(live): live for live in named}
    return Sight(labelled | marked, by_kind.get(PODS.kind, ()), by_kind.get(SLICES.kind, ()), routes)


async def _listed(place: Place, key: UnitKey, kind: ApiKind, *, fresh: bool) -> Sequence[LiveObject]:
    """Return what a unit has of a kind; nobody needs to see what is in its Secrets."""
    ask = place.cluster.list_metadata if kind is SECRETS else place.cluster.list
    return (await ask(kind, key.namespace, label_selector=f"{UNIT_LABEL}={key.name}", fresh=fresh)).items


async def readings(place: Place, elements: Iterable[RouteElement], *, fresh: bool) -> dict[ObjectRef, RouteReading]:
    """Read where route elements lead, in their order."""
    elements = tuple(elements)
    found = await at_once(place.router(one.ref).observe(one, fresh=fresh) for one in elements)
    return {one.ref: reading for one, reading in zip(elements, found, strict=True)}


def version_of(live: ObjectBody) -> str:
    """Return the version that an object belongs to, empty for none."""
    return _label(live, VERSION_LABEL)


def is_going(live: ObjectBody) -> bool:
    """Return whether an object is being deleted."""
    return bool(text(live, "metadata", "deletionTimestamp"))


def scaled_by(autoscaler: ObjectBody) -> str:
    """Return the name of the Deployment that an autoscaler scales, empty for what is none."""
    kind, name = (text(autoscaler, "spec", "scaleTargetRef", field) for field in ("kind", "name"))
    return name if kind == DEPLOYMENTS.kind else ""


def is_ready(pod: ObjectBody) -> bool:
    """Return whether a pod is ready and stays."""
    told = {text(one, "type"): text(one, "status") for one in entries(pod, "status", "conditions")}
    return told.get("Ready") == "True" and not is_going(pod)


def ready_uids(pods: Iterable[ObjectBody]) -> frozenset[str]:
    """Return the UIDs of the pods that are ready."""
    return frozenset(uid(pod) for pod in pods if is_ready(pod))


def _label(live: ObjectBody, name: str) -> str:
    found = branch(live, "metadata", "labels").get(name)
    return found if isinstance(found, str) else ""


def _is_book(live: ObjectBody) -> bool:
    return live["kind"] == SECRETS.kind and text(live, "metadata", "name").startswith(MEMORY_PREFIX)
