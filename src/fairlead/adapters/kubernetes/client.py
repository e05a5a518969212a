"""The cluster port on a real API server."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from copy import copy
from dataclasses import replace
from typing import Any

from fairlead.adapters.kubernetes import requests
from fairlead.adapters.kubernetes.credentials import credentials
from fairlead.adapters.kubernetes.discovery import Catalogue, discover
from fairlead.adapters.kubernetes.listing import complete_list
from fairlead.adapters.kubernetes.lookup import LookupFile
from fairlead.adapters.kubernetes.pod_proxy import ask_by_proxy
from fairlead.adapters.kubernetes.requests import ApiRequest, Selection
from fairlead.adapters.kubernetes.responses import decode, decode_discovery, failure, warnings
from fairlead.adapters.kubernetes.retrying import Patience
from fairlead.adapters.kubernetes.sending import Sender
from fairlead.adapters.kubernetes.versions import Versions
from fairlead.adapters.kubernetes.watch import Follower
from fairlead.domain.access import Access
from fairlead.domain.accounts import Account
from fairlead.domain.apps.probing import Probed, ProbeRequest, ProbeResult
from fairlead.domain.errors import Problem, RemoteRefused, Transient
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.rendering import Capabilities, Lookup
from fairlead.doors.dial import Stream
from fairlead.doors.gate import Gate
from fairlead.ports.clock import Clock
from fairlead.ports.cluster import ApiKind, Listing, LiveObject, WatchEvent

_ABSENT = frozenset({404})
_NO_LOG = frozenset({400, 404})
_UNAVAILABLE = frozenset({404, 500, 503})
_WATCH_SECONDS = (40, 55)
_NAMESPACE = ApiKind("v1", "Namespace", "namespaces", namespaced=False)
_KUBE_SYSTEM = ObjectRef("v1", "Namespace", "", "kube-system")

Warned = Callable[[ObjectRef, str], None]


class KubernetesCluster:
    """One API server under one context. `warned` hears what the server warns of when objects are applied."""

    def __init__(
        self,
        access: Access,
        *,
        clock: Clock,
        environ: Mapping[str, str],
        warned: Warned | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._access = access
        self._clock = clock
        self._warned = warned or (lambda _ref, _text: None)
        self._sender = Sender(
            access, credentials(access, clock=clock, environ=environ), clock, patience or Patience(), Gate()
        )
        self._lookup = LookupFile(access)
        self._known: Catalogue | None = None
        self._discovering = asyncio.Lock()
        self._discoveries = 0
        self._documents: dict[str, Mapping[str, Any]] = {}
        self._versions = Versions()

    def acting_as(self, account: Account) -> KubernetesCluster:
        """Return the same server, over the same connections, as an account sees it."""
        other = copy(self)
        other._access = replace(self._access, account=account)  # noqa: SLF001 - of the same class
        other._sender = self._sender.acting_as(account)  # noqa: SLF001 - as above
        other._lookup = LookupFile(other._access)  # noqa: SLF001 - as above
        return other

    async def uid(self) -> str:
        """Return the UID of `kube-system`, or the context's fingerprint where that may not be read."""
        try:
            found = await self._read(requests.get(_NAMESPACE, _KUBE_SYSTEM))
        except RemoteRefused as error:
            if error.code != "forbidden":
                raise
            found = None
        return str(found["metadata"]["uid"]) if found else self._access.fingerprint

    async def capabilities(self) -> Capabilities:
        """Return version and served kinds as Helm sees them."""
        version, catalogue = await asyncio.gather(
            self._read(requests.document("/version", "the server's version")), self._catalogue()
        )
        return Capabilities(str((version or {}).get("gitVersion", "")), catalogue.api_versions, complete=True)

    async def kinds(self, *, fresh: bool = False) -> tuple[ApiKind, ...]:
        """Return every served kind."""
        return (await self._catalogue(fresh=fresh)).kinds

    async def get(self, ref: ObjectRef) -> LiveObject | None:
        """Return one object or None."""
        kind = await self._kind(ref)
        if kind is None:
            return None
        found = await self._read(requests.get(kind, self._placed(kind, ref)))
        return None if found is None else self._met(kind, found)

    async def list(
        self,
        kind: ApiKind,
        namespace: str | None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        fresh: bool = True,
    ) -> Listing:
        """Return a complete list."""
        selection = Selection(namespace, label_selector, field_selector)
        return await complete_list(self._sender, self._versions, kind, selection, fresh=fresh)

    async def list_metadata(
        self, kind: ApiKind, namespace: str | None, *, label_selector: str = "", fresh: bool = True
    ) -> Listing:
        """Return a complete list of metadata."""
        selection = Selection(namespace, label_selector)
        return await complete_list(self._sender, self._versions, kind, selection, fresh=fresh, metadata_only=True)

    async def apply(
        self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False, force: bool = True
    ) -> LiveObject:
        """Server-side apply one object."""
        ref = object_ref(manifest)
        kind = await self._kind_or_refuse(ref, "apply")
        request = requests.apply(kind, self._placed(kind, ref), manifest, manager=manager, dry_run=dry_run, force=force)
        reply = await self._sender.send(request)
        for text in warnings(reply):
            self._warned(ref, text)
        made = decode(reply, request, self._sender.server)
        return made if dry_run else self._met(kind, made)

    async def create(self, manifest: Mapping[str, Any], *, manager: str) -> LiveObject:
        """Create one object."""
        ref = object_ref(manifest)
        kind = await self._kind_or_refuse(ref, "create")
        request = requests.create(kind, self._placed(kind, ref), manifest, manager=manager)
        return self._met(kind, decode(await self._sender.send(request), request, self._sender.server))

    async def replace(self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False) -> LiveObject:
        """Put an object in the place of the version that it names."""
        ref = object_ref(manifest)
        kind = await self._kind_or_refuse(ref, "replace")
        request = requests.replace(kind, self._placed(kind, ref), manifest, manager=manager, dry_run=dry_run)
        made = decode(await self._sender.send(request), request, self._sender.server)
        return made if dry_run else self._met(kind, made)

    async def patch(self, ref: ObjectRef, operations: Sequence[Mapping[str, Any]], *, manager: str) -> LiveObject:
        """Carry out a JSON Patch on one object."""
        kind = await self._kind_or_refuse(ref, "patch")
        request = requests.patch(kind, self._placed(kind, ref), operations, manager=manager)
        return self._met(kind, decode(await self._sender.send(request), request, self._sender.server))

    async def delete(self, ref: ObjectRef, *, uid: str, resource_version: str | None = None) -> bool:
        """Delete exactly that object."""
        kind = await self._kind(ref)
        if kind is None:
            return False
        request = requests.delete(kind, self._placed(kind, ref), uid=uid, resource_version=resource_version)
        return (await self._sender.send(request, accept=_ABSENT)).status != 404

    def watch(
        self, kind: ApiKind, namespace: str | None, *, resource_version: str, field_selector: str = ""
    ) -> AsyncIterator[WatchEvent]:
        """Yield changes since a version."""
        selection = Selection(namespace, fields=field_selector)

        def request(version: str) -> ApiRequest:
            seconds = random.randint(*_WATCH_SECONDS)  # noqa: S311 - spreads reconnects, guards nothing
            return requests.watch(kind, selection, version=version, seconds=seconds)

        def open_from(version: str) -> AbstractAsyncContextManager[Stream]:
            return self._sender.stream(request(version), idle=self._sender.patience.silence)

        first, server = request(resource_version), self._sender.server
        follower = Follower(
            open_from,
            lambda reply: failure(reply, first, server),
            self._clock,
            self._sender.patience,
            resource_version,
            met=lambda version: self._versions.met(kind.group_kind, version),
        )
        return follower.events()

    async def logs(self, pod: ObjectRef, *, container: str, previous: bool, tail: int) -> str:
        """Return the end of a container's log."""
        request = requests.logs(pod, container=container, previous=previous, tail=tail)
        reply = await self._sender.send(request, accept=_NO_LOG)
        return reply.body.decode(errors="replace") if reply.status == 200 else ""

    async def ask(self, whom: Probed, request: ProbeRequest) -> ProbeResult:
        """Ask a pod or Service for its health by way of the API server (`Asking`)."""
        return await ask_by_proxy(self._sender, whom, request)

    async def openapi(self, api_version: str) -> Mapping[str, Any] | None:
        """Return the OpenAPI document of one group and version; its address carries its digest, so it is kept."""
        index = await self._read(requests.document("/openapi/v3", "the OpenAPI index")) or {}
        name = f"apis/{api_version}" if "/" in api_version else f"api/{api_version}"
        address = str(((index.get("paths") or {}).get(name) or {}).get("serverRelativeURL", ""))
        if not address.startswith("/openapi/v3/"):
            return None
        if address not in self._documents:
            found = await self._read(requests.document(address, f"the OpenAPI document of {api_version}"))
            if found is None:
                return None
            self._documents[address] = found
        return self._documents[address]

    async def lookup(self) -> Lookup:
        """Return a private kubeconfig with the caller's present identity."""
        return self._lookup.write(await self._sender.credentials.current())

    async def close(self) -> None:
        """Give back connections and the private file."""
        self._lookup.remove()
        await self._sender.close()

    async def _read(self, request: ApiRequest) -> dict[str, Any] | None:
        reply = await self._sender.send(request, accept=_ABSENT)
        return None if reply.status >= 300 else decode(reply, request, self._sender.server)

    def _met(self, kind: ApiKind, live: LiveObject) -> LiveObject:
        self._versions.met_object(kind.group_kind, live)
        return live

    def _placed(self, kind: ApiKind, ref: ObjectRef) -> ObjectRef:
        if kind.namespaced and not ref.namespace:
            return ObjectRef(ref.api_version, ref.kind, self._access.namespace, ref.name)
        return ref

    async def _kind_or_refuse(self, ref: ObjectRef, verb: str) -> ApiKind:
        kind = await self._kind(ref)
        if kind is not None:
            return kind
        problem = Problem(
            code="kindNotServed",
            message=f"cannot {verb} {ref}: {self._sender.server} serves no {ref.kind} of {ref.api_version}",
            remedy="install the CustomResourceDefinition first, or correct apiVersion and kind",
        )
        raise RemoteRefused(problem, status=404, reason="NotFound")

    async def _kind(self, ref: ObjectRef) -> ApiKind | None:
        """Return the served kind of an object; before saying that there is none, the server is asked again."""
        catalogue = await self._catalogue()
        found = catalogue.find(ref.api_version, ref.kind)
        if found is None:
            catalogue = await self._catalogue(fresh=True)
            found = catalogue.find(ref.api_version, ref.kind)
        if found is None and ref.api_version in catalogue.stale:
            message = f"{ref.api_version} is announced by {self._sender.server}, but what serves it does not answer"
            remedy = f"see `kubectl get apiservices` for {ref.api_version}"
            raise Transient(Problem(code="apiFailed", message=message, remedy=remedy))
        return found

    async def _catalogue(self, *, fresh: bool = False) -> Catalogue:
        """Return what is served; a fresh answer is of a discovery that began after the question."""
        if self._known is not None and not fresh:
            return self._known
        asked = self._discoveries
        async with self._discovering:
            if self._known is None or (fresh and self._discoveries == asked):
                self._discoveries += 1
                self._known = await discover(self._discovered, self._discovered_if_there)
            return self._known

    async def _discovered(self, path: str) -> dict[str, Any]:
        request = requests.discovery(path)
        return decode_discovery(await self._sender.send(request), request, self._sender.server)

    async def _discovered_if_there(self, path: str) -> dict[str, Any] | None:
        request = requests.discovery(path)
        reply = await self._sender.send(request, accept=_UNAVAILABLE)
        return None if reply.status >= 300 else decode_discovery(reply, request, self._sender.server)
