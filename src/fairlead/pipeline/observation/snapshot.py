"""One look at the health of objects, and the facts that judging needs from beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.health import Health, HealthReport, HealthState, ObjectHealth
from fairlead.domain.identity import ObjectRef
from fairlead.domain.judging import judge
from fairlead.domain.reading import ObjectBody, name, one_line, text
from fairlead.pipeline.live import Live, read_live
from fairlead.ports.cluster import ApiKind, Cluster

KindTable = Mapping[tuple[str, str], ApiKind]


async def snapshot_health(cluster: Cluster, refs: Sequence[ObjectRef]) -> HealthReport:
    """Judge objects as they are now, with one list per kind and namespace; what may not be read is unknown."""
    kinds = await served_kinds(cluster, refs)
    live = await read_live(cluster, kinds, refs)
    pending = any(is_claim(ref) and judge(obj).state is HealthState.PROGRESSING for ref, obj in live.objects.items())
    late = await late_binding_classes(cluster, kinds) if pending else frozenset()
    return HealthReport(tuple(ObjectHealth(ref, _judge(ref, live, late)) for ref in refs))


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


def _judge(ref: ObjectRef, live: Live, late: frozenset[str]) -> Health:
    if ref in live.unreadable:
        return Health(HealthState.UNKNOWN, f"It may not be read: {one_line(live.unreadable[ref])}")
    obj = live.get(ref)
    return judge(obj, late_binding=obj is not None and storage_class(obj) in late)
