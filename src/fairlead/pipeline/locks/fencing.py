"""The door to a cluster, shut for a run whose signs of life are too old: another one may be writing by then."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rendering import Capabilities, Lookup
from fairlead.ports.cluster import ApiKind, Cluster, Listing, LiveObject, WatchEvent
from fairlead.ports.fence import Fence, behind, make_sure


class HeldFence(Fence, Protocol):
    """A fence that knows the lock it stands for."""

    async def look_again(self) -> None:
        """Read who holds the lock, whatever the signs of life say.

        Raises:
            OperationFailed: another run has taken over, or that cannot be told.
        """
        ...


@asynccontextmanager
async def fenced(fence: Fence) -> AsyncIterator[None]:
    """Put a fence before all writes of a block, and begin it only when it may write.

    Raises:
        OperationFailed: it must not.
    """
    with behind(fence):
        await make_sure()
        yield


@dataclass(frozen=True, slots=True)
class FencedCluster:
    """Puts a fence before every write, and leaves everything else to the cluster itself.

    Who conflicts with a write may be the run that has taken over, so after a conflict the lock is read again.
    """

    inner: Cluster
    fence: HeldFence

    async def uid(self) -> str:
        """Return the identity of the cluster."""
        return await self.inner.uid()

    async def capabilities(self) -> Capabilities:
        """Return the server's version and what it serves."""
        return await self.inner.capabilities()

    async def kinds(self, *, fresh: bool = False) -> tuple[ApiKind, ...]:
        """Return every served kind."""
        return await self.inner.kinds(fresh=fresh)

    async def get(self, ref: ObjectRef) -> LiveObject | None:
        """Return one object or None."""
        return await self.inner.get(ref)

    async def list(
        self,
        kind: ApiKind,
        namespace: str | None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        fresh: bool = True,
    ) -> Listing:
        """Return all objects of a kind."""
        selectors = {"label_selector": label_selector, "field_selector": field_selector}
        return await self.inner.list(kind, namespace, fresh=fresh, **selectors)

    async def list_metadata(
        self, kind: ApiKind, namespace: str | None, *, label_selector: str = "", fresh: bool = True
    ) -> Listing:
        """Return the metadata of all objects of a kind."""
        return await self.inner.list_metadata(kind, namespace, label_selector=label_selector, fresh=fresh)

    async def apply(
        self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False, force: bool = True
    ) -> LiveObject:
        """Server-side apply one object, if the run may still write."""
        if dry_run:
            return await self.inner.apply(manifest, manager=manager, dry_run=True, force=force)
        async with self._writing():
            return await self.inner.apply(manifest, manager=manager, force=force)

    async def create(self, manifest: Mapping[str, Any], *, manager: str) -> LiveObject:
        """Create one object, if the run may still write."""
        async with self._writing():
            return await self.inner.create(manifest, manager=manager)

    async def replace(self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False) -> LiveObject:
        """Replace one object, if the run may still write."""
        if dry_run:
            return await self.inner.replace(manifest, manager=manager, dry_run=True)
        async with self._writing():
            return await self.inner.replace(manifest, manager=manager)

    async def patch(self, ref: ObjectRef, operations: Sequence[Mapping[str, Any]], *, manager: str) -> LiveObject:
        """Patch one object, if the run may still write."""
        async with self._writing():
            return await self.inner.patch(ref, operations, manager=manager)

    async def delete(self, ref: ObjectRef, *, uid: str, resource_version: str | None = None) -> bool:
        """Delete exactly that object, if the run may still write."""
        async with self._writing():
            return await self.inner.delete(ref, uid=uid, resource_version=resource_version)

    def watch(
        self, kind: ApiKind, namespace: str | None, *, resource_version: str, field_selector: str = ""
    ) -> AsyncIterator[WatchEvent]:
        """Yield changes since a version."""
        return self.inner.watch(kind, namespace, resource_version=resource_version, field_selector=field_selector)

    async def logs(self, pod: ObjectRef, *, container: str, previous: bool, tail: int) -> str:
        """Return the last lines of a container's log."""
        return await self.inner.logs(pod, container=container, previous=previous, tail=tail)

    async def openapi(self, api_version: str) -> Mapping[str, Any] | None:
        """Return the OpenAPI document of one group and version."""
        return await self.inner.openapi(api_version)

    async def lookup(self) -> Lookup:
        """Return how a chart's `lookup` reaches the cluster."""
        return await self.inner.lookup()

    async def close(self) -> None:
        """Give back nothing: the door belongs to whoever opened it."""

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        try:
            async with fenced(self.fence):
                yield
        except RemoteRefused as error:
            if error.status == 409:
                await self.fence.look_again()
            raise
