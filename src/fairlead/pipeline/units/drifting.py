"""Compares the objects of live versions with what they are in the cluster; what differs has the server's last word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.app_drifting import SELECTOR, drift, scaled_names
from fairlead.domain.apps.naming import UNIT_LABEL
from fairlead.domain.autoscaling import REPLICAS
from fairlead.domain.differences import Difference, differences
from fairlead.domain.errors import OperationFailed, RemoteRefused
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.manifests import JsonObject
from fairlead.domain.marks import FAIRLEAD_MANAGER
from fairlead.domain.normalising import visible
from fairlead.domain.reading import branch
from fairlead.domain.units import EPOCH_ANNOTATION
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.guarded import is_ours
from fairlead.pipeline.units.sight import AUTOSCALERS, SECRETS, SERVICES, is_going, scaled_by
from fairlead.ports.cluster import ApiKind, Cluster, LiveObject

Found = Mapping[ObjectRef, LiveObject]
_FORBIDDEN: Final = "forbidden"


@dataclass(frozen=True, slots=True)
class Drift:
    """One object that is not as the live version wants it; `live` is None for one that is not there."""

    wanted: JsonObject
    live: LiveObject | None = None
    fields: tuple[Difference, ...] = ()

    @property
    def ref(self) -> ObjectRef:
        """Which object it is."""
        return object_ref(self.wanted)

    @property
    def leads_elsewhere(self) -> bool:
        """Whether it is a Service whose selector somebody has changed."""
        return self.wanted["kind"] == SERVICES.kind and any(one.steps[:2] == SELECTOR for one in self.fields)


def standing(contents: Contents) -> tuple[JsonObject, ...]:
    """Return what is there while a version is live, previews aside: those are for what comes next."""
    return (*contents.own, *contents.autoscalers, *contents.routes, *contents.outside)


async def found_in(cluster: Cluster, namespace: str, wanted: Iterable[JsonObject]) -> Found:
    """Return what the units of a namespace have of the kinds that are wanted: one list of each, however many units.

    What may not be listed is looked for one by one, later.
    """
    names = sorted({(one["apiVersion"], one["kind"]) for one in wanted})
    served = {(kind.api_version, kind.kind): kind for kind in await cluster.kinds()}
    listed = await at_once(_listed(cluster, namespace, served[name]) for name in names if name in served)
    return {object_ref(live): live for items in listed for live in items}


async def _listed(cluster: Cluster, namespace: str, kind: ApiKind) -> Sequence[LiveObject]:
    ask = cluster.list_metadata if kind.group_kind == SECRETS.group_kind else cluster.list
    try:
        return (await ask(kind, namespace, label_selector=UNIT_LABEL)).items
    except RemoteRefused as error:
        if error.code != _FORBIDDEN:
            raise
        return ()


async def drifts(cluster: Cluster, contents: Contents, found: Found | None = None) -> tuple[Drift, ...]:
    """Return what of a live version is not as it wants it.

    What is not `found` is asked for by its name: it may have lost its label. An object of somebody else is none of it.
    """
    wanted = standing(contents)
    lives = await at_once(_seen(cluster, one, found or {}) for one in wanted)
    there = [(one, live) for one, live in zip(wanted, lives, strict=True) if live is None or is_ours(live, one)]
    scaled = scaled_names(contents.autoscalers)
    if any(live is not None and _is_resized(one, live, scaled) for one, live in there):
        others = (await cluster.list(AUTOSCALERS, wanted[0]["metadata"]["namespace"])).items
        scaled |= {scaled_by(one) for one in others}
    judged = await at_once(_judged(cluster, one, live, scaled) for one, live in there)
    return tuple(one for one in judged if one is not None)


async def _seen(cluster: Cluster, wanted: JsonObject, found: Found) -> LiveObject | None:
    ref = object_ref(wanted)
    live = found[ref] if ref in found else await cluster.get(ref)
    return None if live is None or is_going(live) else live


def _is_resized(wanted: JsonObject, live: LiveObject, scaled: frozenset[str]) -> bool:
    own = wanted["metadata"]["name"] in scaled
    return any(one.steps == REPLICAS for one in drift(wanted, live, scaled=own))


async def _judged(
    cluster: Cluster, wanted: JsonObject, live: LiveObject | None, scaled: frozenset[str]
) -> Drift | None:
    if live is None:
        return Drift(wanted)
    is_scaled = wanted["metadata"]["name"] in scaled
    found = drift(wanted, live, scaled=is_scaled)
    if not found:
        return None
    try:
        answer = await cluster.apply(_sent(wanted, live, is_scaled=is_scaled), manager=FAIRLEAD_MANAGER, dry_run=True)
    except OperationFailed:
        return Drift(wanted, live, found)  # what applying it meets is told then
    confirmed = tuple(differences(_compared(live), _compared(answer)))
    return Drift(wanted, live, confirmed) if confirmed else None


def _sent(wanted: JsonObject, live: LiveObject, *, is_scaled: bool) -> dict[str, Any]:
    """Return what an apply sends that leaves to a driver and to an autoscaler what is theirs."""
    epoch = {EPOCH_ANNOTATION: branch(live, "metadata", "annotations").get(EPOCH_ANNOTATION, "0")}
    annotations = {**branch(wanted, "metadata", "annotations"), **epoch}
    sent = {**wanted, "metadata": {**wanted["metadata"], "annotations": annotations}}
    return {**sent, "spec": {**sent["spec"], "replicas": live["spec"].get("replicas")}} if is_scaled else sent


def _compared(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of an object counts: of a Secret its metadata, which is all that was read of it."""
    seen = visible(obj)
    return {"metadata": seen["metadata"]} if obj["kind"] == SECRETS.kind else seen
