"""Reads what is live, with few requests: one list per kind and namespace, single objects where only few are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.pipeline.engine import at_once
from fairlead.ports.cluster import ApiKind, Cluster, LiveObject

Served = Mapping[tuple[str, str], ApiKind]

FEW: Final = 2
# Helm's payloads and our records would otherwise be pulled with every list of Secrets.
_SECRETS: Final = "type!=helm.sh/release.v1,type!=fairlead.dev/record.v1,type!=fairlead.dev/unitversion.v1"
# Definitions are large, and there may be hundreds of others.
_ALWAYS_SINGLE: Final = "CustomResourceDefinition"


@dataclass(frozen=True, slots=True)
class Live:
    """What was read. `unreadable` says of objects why they may not be seen."""

    objects: Mapping[ObjectRef, LiveObject] = field(default_factory=dict)
    unreadable: Mapping[ObjectRef, str] = field(default_factory=dict)

    def get(self, ref: ObjectRef) -> LiveObject | None:
        """Return one live object, None when the server said that there is none."""
        return self.objects.get(ref)

    def is_missing(self, ref: ObjectRef) -> bool:
        """Return whether an object that was asked for is known not to exist."""
        return ref not in self.objects and ref not in self.unreadable


async def served_kinds(cluster: Cluster) -> Served:
    """Return the kinds that the cluster serves, by API version and kind."""
    return {(kind.api_version, kind.kind): kind for kind in await cluster.kinds()}


async def read_live(cluster: Cluster, served: Served, refs: Iterable[ObjectRef]) -> Live:
    """Read the objects of the given identities; kinds that are not served have none."""
    groups: dict[tuple[ApiKind, str], list[ObjectRef]] = {}
    for ref in refs:
        kind = served.get((ref.api_version, ref.kind))
        if kind is not None:
            groups.setdefault((kind, ref.namespace), []).append(ref)
    parts = await at_once(_read_group(cluster, kind, where, refs) for (kind, where), refs in groups.items())
    objects = {ref: obj for part in parts for ref, obj in part.objects.items()}
    return Live(objects, {ref: why for part in parts for ref, why in part.unreadable.items()})


async def _read_group(cluster: Cluster, kind: ApiKind, namespace: str, refs: list[ObjectRef]) -> Live:
    try:
        if len(refs) <= FEW or kind.kind == _ALWAYS_SINGLE:
            found = [obj for obj in await at_once(cluster.get(ref) for ref in refs) if obj is not None]
        else:
            selector = _SECRETS if (kind.api_version, kind.kind) == ("v1", "Secret") else ""
            listing = await cluster.list(kind, namespace if kind.namespaced else None, field_selector=selector)
            found = list(listing.items)
    except RemoteRefused as error:
        if error.status != 403:
            raise
        return Live({}, dict.fromkeys(refs, error.problems[0].message))
    wanted = set(refs)
    return Live({ref: obj for obj in found if (ref := object_ref(obj)) in wanted})


async def read_all(
    cluster: Cluster, served: Served, *, group: str, kind: str, namespaces: Iterable[str]
) -> list[LiveObject]:
    """Return all objects of one kind in some namespaces, in a version that is served; none if it is not."""
    versions = [found for found in served.values() if found.group_kind == (group, kind)]
    if not versions:
        return []
    listings = await at_once(cluster.list(max(versions), namespace) for namespace in sorted(set(namespaces)))
    return [obj for listing in listings for obj in listing.items]
