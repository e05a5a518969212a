"""Who may be reached under which host: one claim in the whole cluster, and no Ingress or HTTPRoute of anybody else.

Each namespace holds the claims of its own units in one ConfigMap: nobody may write elsewhere than where they deploy.
So a claim is made in two steps. It is announced first, by compare-and-swap; then the announcements and claims of all
namespaces are read; and only who sees no other makes it a claim, on exactly the version that was read before the look.
Of two that come at once, each announces before it looks, so one of them sees the other at least. Who sees a claim, or
an announcement of one that is earlier by its name, withdraws; who is the earlier one looks again.

Who may not list the claims of other namespaces knows of their Ingresses and HTTPRoutes, or of its own namespace only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.apps.naming import UNIT_LABEL
from fairlead.domain.apps.unit_objects import HTTP_ROUTE
from fairlead.domain.errors import Problem, Refused, RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.reading import branch, entries, text
from fairlead.domain.units import UnitKey
from fairlead.doors.swapping import swapped
from fairlead.pipeline.units.sight import CONFIG_MAPS, INGRESSES
from fairlead.ports.cluster import ApiKind, Cluster, LiveObject

CLAIMS: Final = "fairlead.hosts.v1"
_ANNOUNCED: Final = "?"
"""Follows the name of a unit that has announced a claim and not made it yet."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The claims of one unit."""

    cluster: Cluster
    key: UnitKey

    async def owner(self, hosts: Iterable[str]) -> str:
        """Return in words who has one of the hosts, empty when nobody else has; nothing is claimed."""
        wanted = frozenset(hosts)
        claimed = [one async for one in self._others(wanted) if not one.is_announced]
        return claimed[0].words if claimed else await self._shown(wanted)

    async def claim(self, hosts: Iterable[str]) -> str:
        """Claim hosts, all or none; return in words who has one of them already, empty when they are ours now.

        Raises:
            Refused: somebody else is about to claim one of them as well, and has to give way (`hostContested`).
        """
        wanted = frozenset(hosts)
        if not wanted:
            return ""
        announced, claimed = self.key.name + _ANNOUNCED, dict.fromkeys(wanted, self.key.name)
        while True:
            live = await self._read()
            claims = _claims(live)
            if claimed.items() <= claims.items():
                return await self._shown(wanted)
            missing = wanted - {host for host in wanted if claims.get(host) in (announced, self.key.name)}
            if not missing:
                if owner := await self._against(wanted):
                    kept = {host: by for host, by in claims.items() if host not in wanted or by != announced}
                    if await self._swap(live, kept):
                        return owner
                elif await self._swap(live, {**claims, **claimed}):
                    return ""
            elif taken := sorted(missing & claims.keys()):
                return _Claim(taken[0], self.key.namespace, claims[taken[0]]).words
            else:
                await self._swap(live, {**claims, **dict.fromkeys(missing, announced)})

    async def keep(self, hosts: Iterable[str]) -> None:
        """Give up every claim of the unit but these."""
        kept, ours = frozenset(hosts), (self.key.name, self.key.name + _ANNOUNCED)
        while True:
            live = await self._read()
            claims = _claims(live)
            left = {host: unit for host, unit in claims.items() if unit not in ours or host in kept}
            if left == claims or await self._swap(live, left):
                return

    async def _against(self, wanted: frozenset[str]) -> str:
        """Return who else has one of the hosts, or comes before us."""
        if owner := await self._shown(wanted):
            return owner
        contested = ""
        async for other in self._others(wanted):
            if not other.is_announced or (other.namespace, other.unit) < (self.key.namespace, self.key.name):
                return other.words
            contested = other.words
        if contested:
            message = f"{contested}, or will: both were asked for at once"
            raise Refused(Problem("hostContested", message, remedy="wait until the other app has given way"))
        return ""

    async def _others(self, wanted: frozenset[str]) -> AsyncIterator[_Claim]:
        """Yield the claims of others on hosts, in the order of the hosts in each namespace."""
        for live in await self._visible(CONFIG_MAPS, f"metadata.name={CLAIMS}"):
            namespace, claims = text(live, "metadata", "namespace"), _claims(live)
            for host in sorted(wanted & claims.keys()):
                found = _Claim(host, namespace, claims[host])
                if (found.namespace, found.unit) != (self.key.namespace, self.key.name):
                    yield found

    async def _shown(self, wanted: frozenset[str]) -> str:
        routes = [one for one in await self.cluster.kinds() if (one.api_version, one.kind) == HTTP_ROUTE]
        for kind in (INGRESSES, *routes):
            for live in await self._visible(kind):
                hosts = wanted & _hosts(live)
                namespace, unit = text(live, "metadata", "namespace"), branch(live, "metadata", "labels")
                if hosts and (namespace, unit.get(UNIT_LABEL)) != (self.key.namespace, self.key.name):
                    return f"host {min(hosts)} belongs to {kind.kind} {namespace}/{text(live, 'metadata', 'name')}"
        return ""

    async def _visible(self, kind: ApiKind, fields: str = "") -> Iterable[LiveObject]:
        """Return the objects of a kind of all namespaces, or of ours where no others may be listed."""
        for scope in (None, self.key.namespace):
            try:
                return (await self.cluster.list(kind, scope, field_selector=fields)).items
            except RemoteRefused as error:
                if error.status != 403:
                    raise
        return ()

    async def _read(self) -> Mapping[str, Any] | None:
        return await self.cluster.get(ObjectRef("v1", "ConfigMap", self.key.namespace, CLAIMS))

    async def _swap(self, live: Mapping[str, Any] | None, claims: Mapping[str, str]) -> bool:
        metadata = {"name": CLAIMS, "namespace": self.key.namespace}
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(claims)}
        version, uid = text(live or {}, "metadata", "resourceVersion"), text(live or {}, "metadata", "uid")
        return await swapped(self.cluster, manifest, version, uid) is not None


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a ConfigMap says of a host. `by` is a unit, announced or not."""

    host: str
    namespace: str
    by: str

    @property
    def unit(self) -> str:
        return self.by.removesuffix(_ANNOUNCED)

    @property
    def is_announced(self) -> bool:
        return self.by.endswith(_ANNOUNCED)

    @property
    def words(self) -> str:
        return f"host {self.host} belongs to {self.namespace}/{self.unit}"


def _hosts(live: Mapping[str, Any]) -> set[str]:
    """Return the hosts that an Ingress or HTTPRoute leads somewhere; a route that only redirects has none."""
    rules = entries(live, "spec", "rules")
    leads = any(entries(rule, "backendRefs") for rule in rules)
    return {text(rule, "host") for rule in rules} | {*(branch(live, "spec").get("hostnames") or () if leads else ())}


def _claims(live: Mapping[str, Any] | None) -> dict[str, str]:
    return {host: str(unit) for host, unit in branch(live, "data").items()}
