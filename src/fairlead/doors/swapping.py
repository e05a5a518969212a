"""The only way to store what Fairlead remembers in a cluster: compare-and-swap on exactly the object that was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.marks import STATE_MANAGER
from fairlead.ports.cluster import Cluster, LiveObject

_OVERTAKEN: Final = frozenset({"alreadyExists", "conflict", "notFound"})


async def swapped(cluster: Cluster, manifest: Mapping[str, Any], version: str, uid: str) -> LiveObject | None:
    """Create an object, or put it in the place of the one that was read with this version; None when that has moved.

    `version` is empty when there was none. None may also come of our own first attempt whose answer was lost: who has
    to know reads again and compares.
    """
    try:
        if not version:
            return await cluster.create(manifest, manager=STATE_MANAGER)
        met = {"resourceVersion": version, "uid": uid}
        return await cluster.replace({**manifest, "metadata": {**manifest["metadata"], **met}}, manager=STATE_MANAGER)
    except RemoteRefused as error:
        if error.code not in _OVERTAKEN:
            raise
        return None
