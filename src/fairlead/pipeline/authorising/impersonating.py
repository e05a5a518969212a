"""A cluster in which nothing is written, and no Secret is read, but with the rights of those for whom it is done.

Fairlead itself may look, and keeps its own books: anchors, leases, states. What a descriptor asks for is written as the
account of whoever asked, into the one namespace that it was asked for. Without an account nothing is written at all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, Protocol

from fairlead.domain.accounts import Account
from fairlead.domain.authorising.acting import ACCOUNT_MISSING
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.rendering import Capabilities, Lookup
from fairlead.ports.cluster import Acting, ApiKind, Cluster, Listing, LiveObject, WatchEvent

_SECRET: Final = ("", "Secret")


class ActingCluster(Cluster, Acting, Protocol):
    """A cluster of our own that can be seen as others see it."""


@dataclass(frozen=True, slots=True)
class _Behalf:
    account: Account
    namespace: str


_behalf: ContextVar[_Behalf | None] = ContextVar("behalf", default=None)


@contextmanager
def on_behalf_of(account: Account, namespace: str) -> Iterator[None]:
    """Do what is in the block, and in tasks that are begun in it, for an account and in one namespace."""
    token = _behalf.set(_Behalf(account, namespace))
    try:
        yield
    finally:
        _behalf.reset(token)


@dataclass(frozen=True, slots=True)
class Impersonating:
    """A `Cluster` that writes as whoever it is for.

    Besides the errors of the port, writes and what reads Secrets raise `Refused`: `accountMissing` when it is for
    nobody, `otherNamespace` when an object lies elsewhere than where it is allowed to.
    """

    own: ActingCluster

    async def uid(self) -> str:
        """Return the identity of the cluster."""
        return await self.own.uid()

    async def capabilities(self) -> Capabilities:
        """Return what the server serves."""
        return await self.own.capabilities()

    async def kinds(self, *, fresh: bool = False) -> tuple[ApiKind, ...]:
        """Return every served kind."""
        return await self.own.kinds(fresh=fresh)

    async def get(self, ref: ObjectRef) -> LiveObject | None:
        """Return one object; a Secret if they may read it."""
        return await (self._theirs(ref.namespace) if ref.group_kind == _SECRET else self.own).get(ref)

    async def list(
        self,
        kind: ApiKind,
        namespace: str | None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        fresh: bool = True,
    ) -> Listing:
        """Return all objects of a kind; Secrets if they may read them."""
        cluster = self._theirs(namespace or "") if kind.group_kind == _SECRET else self.own
        selectors = {"label_selector": label_selector, "field_selector": field_selector}
        return await cluster.list(kind, namespace, fresh=fresh, **selectors)

    async def list_metadata(
        self, kind: ApiKind, namespace: str | None, *, label_selector: str = "", fresh: bool = True
    ) -> Listing:
        """Return the metadata of all objects of a kind, which of Secrets tells no value."""
        return await self.own.list_metadata(kind, namespace, label_selector=label_selector, fresh=fresh)

    async def apply(
        self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False, force: bool = True
    ) -> LiveObject:
        """Apply an object as they may."""
        cluster = self._theirs(object_ref(manifest).namespace)
        return await cluster.apply(manifest, manager=manager, dry_run=dry_run, force=force)

    async def create(self, manifest: Mapping[str, Any], *, manager: str) -> LiveObject:
        """Create an object as they may."""
        return await self._theirs(object_ref(manifest).namespace).create(manifest, manager=manager)

    async def replace(self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False) -> LiveObject:
        """Replace an object as they may."""
        cluster = self._theirs(object_ref(manifest).namespace)
        return await cluster.replace(manifest, manager=manager, dry_run=dry_run)

    async def patch(self, ref: ObjectRef, operations: Sequence[Mapping[str, Any]], *, manager: str) -> LiveObject:
        """Patch an object as they may."""
        return await self._theirs(ref.namespace).patch(ref, operations, manager=manager)

    async def delete(self, ref: ObjectRef, *, uid: str, resource_version: str | None = None) -> bool:
        """Delete an object as they may."""
        return await self._theirs(ref.namespace).delete(ref, uid=uid, resource_version=resource_version)

    def watch(
        self, kind: ApiKind, namespace: str | None, *, resource_version: str, field_selector: str = ""
    ) -> AsyncIterator[WatchEvent]:
        """Yield changes; of Secrets if they may read them."""
        cluster = self._theirs(namespace or "") if kind.group_kind == _SECRET else self.own
        return cluster.watch(kind, namespace, resource_version=resource_version, field_selector=field_selector)

    async def logs(self, pod: ObjectRef, *, container: str, previous: bool, tail: int) -> str:
        """Return the end of a container's log."""
        return await self.own.logs(pod, container=container, previous=previous, tail=tail)

    async def openapi(self, api_version: str) -> Mapping[str, Any] | None:
        """Return an OpenAPI document."""
        return await self.own.openapi(api_version)

    async def lookup(self) -> Lookup:
        """Return how they reach the cluster."""
        behalf = _behalf.get()
        return await self._theirs(behalf.namespace if behalf is not None else "").lookup()

    async def close(self) -> None:
        """Give back connections."""
        await self.own.close()

    def _theirs(self, namespace: str) -> Cluster:
        behalf = _behalf.get()
        if behalf is None:
            message = "nobody is named on whose behalf this would be done in the cluster"
            raise Refused(Problem(ACCOUNT_MISSING, message, remedy="see the documentation of accounts"))
        if namespace != behalf.namespace:
            message = f"found the namespace {namespace or '(none)'}, expected {behalf.namespace} and no other"
            raise Refused(Problem("otherNamespace", message, remedy="deploy what lies there by itself"))
        return self.own.acting_as(behalf.account)
