"""One look at the health of objects, and the facts that judging needs from beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.health import Health, HealthReport, HealthState, ObjectHealth
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.judging import judge
from fairlead.domain.reading import ObjectBody, name, text
from fairlead.ports.cluster import ApiKind, Cluster, LiveObject

KindTable = Mapping[tuple[str, str], ApiKind]

# Up to so many objects of one kind and namespace are read one by one, more with one list.
_ONE_BY_ONE_AT_MOST = 2


async def snapshot_health(cluster: Cluster, refs: Sequence[ObjectRef]) -> HealthReport:
    """Judge objects as they are now, with one list per kind and namespace."""
    kinds = await served_kinds(cluster, refs)
    groups: dict[tuple[ApiKind, str], list[ObjectRef]] = {}
    for ref in refs:
        if (kind := kinds.get((ref.api_version, ref.kind))) is not None:
            groups.setdefault((kind, ref.namespace), []).append(ref)
    reads = (_read(cluster, kind, namespace, wanted) for (kind, namespace), wanted in groups.items())
    live = {object_ref(obj): obj for found in await asyncio.gather(*reads) for obj in found}
    pending = any(is_claim(ref) and judge(obj).state is HealthState.PROGRESSING for ref, obj in live.items())
    late = await late_binding_classes(cluster, kinds) if pending else frozenset()
    return HealthReport(tuple(ObjectHealth(ref, _judge(live.get(ref), late)) for ref in refs))


async def served_kinds(cluster: Cluster, refs: Iterable[ObjectRef]) -> KindTable:
    """Return what the cluster serves; asked again when a kind is missing that a CRD may just have added."""
    table = {(kind.api_version, kind.kind): kind for kind in await cluster.kinds()}
    if any((ref.api_version, ref.kind) not in table for ref in refs):
        table = {(kind.api_version, kind.kind): kind for kind in await cluster.kinds(fresh=True)}
    return table


async def late_binding_classes(cluster: Cluster, kinds: KindTable) -> frozenset[str]:
    """Return the storage classes that bind a claim when a pod first uses it; none when they may not be read."""
    kind = kinds.get(("storage.k8s.io/v1", "StorageClass"))
    if kind is None:
        return frozenset()
    try:
        classes = (await cluster.list(kind, None)).items
    except RemoteRefused:
        return frozenset()
    return frozenset(name(each) for each in classes if text(each, "volumeBindingMode") == "WaitForFirstConsumer")


def is_claim(ref: ObjectRef) -> bool:
    """Return whether the object is a PersistentVolumeClaim."""
    return ref.group_kind == ("", "PersistentVolumeClaim")


def storage_class(claim: ObjectBody) -> str:
    """Return the storage class that a claim names."""
    return text(claim, "spec", "storageClassName")


def _judge(obj: LiveObject | None, late: frozenset[str]) -> Health:
    return judge(obj, late_binding=obj is not None and storage_class(obj) in late)


async def _read(cluster: Cluster, kind: ApiKind, namespace: str, refs: Sequence[ObjectRef]) -> tuple[LiveObject, ...]:
    if len(refs) <= _ONE_BY_ONE_AT_MOST:
        found = await asyncio.gather(*(cluster.get(ref) for ref in refs))
        return tuple(obj for obj in found if obj is not None)
    return (await cluster.list(kind, namespace if kind.namespaced else None)).items
