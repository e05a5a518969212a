"""Who may be reached under which host: claims in one ConfigMap of a namespace, and the Ingresses of the whole cluster.

A claim is made by compare-and-swap before anything is written for it, so that of two units of a namespace one gets it.
Units of other namespaces show their claims by their Ingresses; who may not list those knows of its own namespace only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.apps.naming import UNIT_LABEL
from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.marks import STATE_MANAGER
from fairlead.domain.reading import branch, entries, text
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.sight import INGRESSES
from fairlead.ports.cluster import Cluster

_NAME: Final = "fairlead.hosts.v1"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The claims of the units of one namespace."""

    cluster: Cluster
    key: UnitKey

    async def owner(self, hosts: Iterable[str]) -> str:
        """Return in words who has one of the hosts, empty when nobody else has; nothing is claimed."""
        wanted = frozenset(hosts)
        claims = _claims(await self._read())
        taken = (host for host in sorted(wanted) if claims.get(host, self.key.name) != self.key.name)
        return next((f"host {host} belongs to {claims[host]}" for host in taken), "") or await self._shown(wanted)

    async def claim(self, hosts: Iterable[str]) -> str:
        """Claim hosts, all or none; return in words who has one of them already, empty when they are ours now."""
        wanted = frozenset(hosts)
        if not wanted:
            return ""
        if owner := await self._shown(wanted):
            return owner
        while True:
            live = await self._read()
            claims = _claims(live)
            taken = {host: claims[host] for host in sorted(wanted) if claims.get(host, self.key.name) != self.key.name}
            if taken:
                return "; ".join(f"host {host} belongs to {owner}" for host, owner in taken.items())
            if wanted <= claims.keys() or await self._swap(live, {**claims, **dict.fromkeys(wanted, self.key.name)}):
                return ""

    async def keep(self, hosts: Iterable[str]) -> None:
        """Give up every claim of the unit but these."""
        kept = frozenset(hosts)
        while True:
            live = await self._read()
            claims = _claims(live)
            left = {host: unit for host, unit in claims.items() if unit != self.key.name or host in kept}
            if left == claims or await self._swap(live, left):
                return

    async def _shown(self, wanted: frozenset[str]) -> str:
        for scope in (None, self.key.namespace):
            try:
                found = (await self.cluster.list(INGRESSES, scope)).items
            except RemoteRefused as error:
                if error.status != 403:
                    raise
                continue
            for live in found:
                hosts = wanted & {text(rule, "host") for rule in entries(live, "spec", "rules")}
                namespace, unit = text(live, "metadata", "namespace"), branch(live, "metadata", "labels")
                if hosts and (namespace, unit.get(UNIT_LABEL)) != (self.key.namespace, self.key.name):
                    return f"host {min(hosts)} belongs to Ingress {namespace}/{text(live, 'metadata', 'name')}"
            return ""
        return ""

    async def _read(self) -> Mapping[str, Any] | None:
        return await self.cluster.get(ObjectRef("v1", "ConfigMap", self.key.namespace, _NAME))

    async def _swap(self, live: Mapping[str, Any] | None, claims: Mapping[str, str]) -> bool:
        metadata = {"name": _NAME, "namespace": self.key.namespace}
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(claims)}
        try:
            if live is None:
                await self.cluster.create(manifest, manager=STATE_MANAGER)
            else:
                metadata |= {name: live["metadata"][name] for name in ("resourceVersion", "uid")}
                await self.cluster.replace(manifest, manager=STATE_MANAGER)
        except RemoteRefused as error:
            if error.code not in ("alreadyExists", "conflict", "notFound"):
                raise
            return False
        return True


def _claims(live: Mapping[str, Any] | None) -> dict[str, str]:
    return {host: str(unit) for host, unit in branch(live, "data").items()}
