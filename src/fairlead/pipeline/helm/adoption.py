"""What a release owns by Helm's record of it, where we remember nothing of it yet: the first contact."""

from __future__ import annotations

from dataclasses import replace

from fairlead.domain.flattening import flattened
from fairlead.domain.identity import ObjectRef
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.manifests import Manifest
from fairlead.domain.marks import Ours, ownership
from fairlead.doors.yaml import read_manifests
from fairlead.pipeline.engine import Wanted
from fairlead.pipeline.helm.past import read_release
from fairlead.pipeline.live import Served, read_live, served_kinds
from fairlead.ports.cluster import Cluster


async def owned_by_record(cluster: Cluster, wanted: Wanted) -> Inventory:
    """Return what the deployed Helm record of a release lists, where it carries the marks of the release.

    Only the record of the same chart counts.
    """
    use = wanted.rendered.use
    if use is None or use.past.deployed is None or use.past.chart != use.chart.name:
        return Inventory()
    release = await read_release(cluster, use.past.deployed)
    if release is None:
        return Inventory()
    served = await served_kinds(cluster)
    source = use.past.deployed.ref.name
    listed = [Manifest(obj, source) for obj, _ in read_manifests(release.manifest.encode(), source, duplicates=True)]
    refs = [_placed(one.ref, wanted.key.namespace, served) for one in flattened(listed)]
    live = await read_live(cluster, served, refs)
    ours = ((ref, obj) for ref in refs if (obj := live.get(ref)) is not None)
    marked = [(ref, obj) for ref, obj in ours if isinstance(ownership(obj, wanted.key, is_chart=True), Ours)]
    return Inventory(tuple(InventoryEntry(ref, obj["metadata"]["uid"]) for ref, obj in marked))


def _placed(ref: ObjectRef, namespace: str, served: Served) -> ObjectRef:
    kind = served.get((ref.api_version, ref.kind))
    namespaced = kind is None or kind.namespaced
    return replace(ref, namespace=(ref.namespace or namespace) if namespaced else "")
