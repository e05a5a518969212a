"""Signs of life of runs, as Leases (kubernetes.io/docs/concepts/architecture/leases) beside the releases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from fairlead.domain.identity import ObjectRef
from fairlead.domain.locking import LEASE_SECONDS, Holder, SignOfLife
from fairlead.domain.marks import STATE_MANAGER
from fairlead.domain.moments import parse_moment
from fairlead.ports.cluster import ApiKind, Cluster, LiveObject

LEASE_LABEL: Final = "fairlead.dev/lease"
_HOLDER: Final = "fairlead.dev/holder"
_LEASES: Final = ApiKind("coordination.k8s.io/v1", "Lease", "leases", namespaced=True)


@dataclass(frozen=True, slots=True)
class Leases:
    """The Leases of one cluster."""

    cluster: Cluster

    async def beat(self, namespace: str, lease: str, holder: Holder, *, at: datetime) -> None:
        """Say by a Lease that a run lives."""
        ref = _lease_ref(namespace, lease)
        spec = {
            "holderIdentity": str(holder),
            "leaseDurationSeconds": int(LEASE_SECONDS),
            "renewTime": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        meta = {
            "name": ref.name,
            "namespace": ref.namespace,
            "labels": {LEASE_LABEL: "run"},
            "annotations": {_HOLDER: orjson.dumps(holder.to_json()).decode()},
        }
        found = {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": meta, "spec": spec}
        await self.cluster.apply(found, manager=STATE_MANAGER)

    async def heard(self, namespace: str, lease: str) -> str | None:
        """Return the version of a Lease."""
        live = await self.cluster.get(_lease_ref(namespace, lease))
        return None if live is None else str(live["metadata"]["resourceVersion"])

    async def fall_silent(self, namespace: str, lease: str) -> None:
        """Remove a Lease."""
        ref = _lease_ref(namespace, lease)
        live = await self.cluster.get(ref)
        if live is not None:
            await self.cluster.delete(ref, uid=live["metadata"]["uid"])

    async def signs_of_life(self, namespace: str) -> Sequence[SignOfLife]:
        """Return the Leases of all runs in a namespace."""
        found = await self.cluster.list(_LEASES, namespace, label_selector=LEASE_LABEL)
        return [_sign_of_life(live) for live in found.items]

    async def clear(self, namespace: str, sign: SignOfLife) -> None:
        """Remove a Lease that was not renewed since it was read."""
        await self.cluster.delete(_lease_ref(namespace, sign.lease), uid=sign.uid, resource_version=sign.version)


def _lease_ref(namespace: str, lease: str) -> ObjectRef:
    return ObjectRef("coordination.k8s.io/v1", "Lease", namespace, lease)


def _sign_of_life(live: LiveObject) -> SignOfLife:
    meta = live["metadata"]
    renewed = parse_moment(str((live.get("spec") or {}).get("renewTime")))
    holder = _holder((meta.get("annotations") or {}).get(_HOLDER, ""))
    return SignOfLife(meta["name"], meta["uid"], meta["resourceVersion"], holder, renewed)


def _holder(stored: str) -> Holder | None:
    try:
        return Holder.from_json(orjson.loads(stored))
    except (KeyError, ValueError, TypeError):  # somebody wrote over it: its time has to tell
        return None
