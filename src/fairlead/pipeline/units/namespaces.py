"""Makes the namespace of a unit before anything of it is stored there, where `createNamespace` asks for that."""

from __future__ import annotations

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.marks import FAIRLEAD_MANAGER
from fairlead.domain.preparing import namespace_manifest, namespace_ref
from fairlead.ports.cluster import Cluster


async def ensure_namespace(cluster: Cluster, name: str) -> None:
    """Create a namespace that is not there. It is never owned: it bears no marks, and it stays when the unit goes."""
    try:
        if await cluster.get(namespace_ref(name)) is not None:
            return
    except RemoteRefused as error:
        if error.status != 403:
            raise
        return  # who may not look works in what is there; if it is not, the first write says so
    await cluster.apply(namespace_manifest(name), manager=FAIRLEAD_MANAGER)
