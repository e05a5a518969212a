"""The door to one cluster. All reads and writes of Kubernetes objects go through this port.

Guarantees: every answer is a fresh read of the API server, but for lists that need not be (`fresh=False`): those may
leave out what others wrote, or anybody deleted, a moment ago, but show all that this client read or wrote before.
Absence is only reported (`None`, or missing from a list) when the server said so; a failed or partial read raises.
Calls may run concurrently; the adapter bounds them and honours 429 with Retry-After. No error repeats values of the
object that was sent. Errors, with their codes:

- `RemoteRefused` (`status` is HTTP's): `unauthorized`, `forbidden`, `quotaExceeded`, `admissionDenied`,
  `namespaceTerminating`, `namespaceMissing`, `kindNotServed`, `notFound`, `conflict` (a precondition does not hold),
  `fieldConflict` (another manager owns a field), `alreadyExists`, `expired`, `objectInvalid`, `fieldImmutable`,
  `objectTooLarge`, `notKubernetes`, `apiRefused`.
- `Transient`, after the adapter's own retries: `unreachable`, `apiBusy`, `apiFailed`, `webhookFailed`, `answerBroken`.
- `OperationFailed`: `tlsRefused`, `credentialsMissing`, `credentialPluginFailed`. `InputError`: `nameInvalid`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from fairlead.domain.accounts import Account
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rendering import Capabilities, Lookup

LiveObject = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class ApiKind:
    """One kind as the server serves it. `plural` is the name in its URL."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()

    @property
    def group_kind(self) -> tuple[str, str]:
        """Group and kind: what stays the same when a kind is served in several versions."""
        return self.api_version.rpartition("/")[0], self.kind


@dataclass(frozen=True, slots=True)
class Listing:
    """A complete list and the version to watch from."""

    items: tuple[LiveObject, ...]
    resource_version: str


class WatchType(StrEnum):
    """What a watch says about an object. `BOOKMARK` only moves the version; `EXPIRED` asks for a new list."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One fact from a watch. `object` is empty for EXPIRED."""

    type: WatchType
    object: Mapping[str, Any]


class Acting(Protocol):
    """A cluster that can be seen with the rights of others: each request is decided as if that account made it.

    Whoever asks must be allowed to impersonate it; else every request is `forbidden`, and nothing is done with the
    rights of whoever asks.
    """

    def acting_as(self, account: Account) -> Cluster:
        """Return the same cluster as an account sees it; it need not be closed for its connections' sake."""
        ...


class Cluster(Protocol):
    """One Kubernetes API server, seen with the rights of one caller."""

    async def uid(self) -> str:
        """Return the identity of the cluster: the UID of its `kube-system` namespace, or a digest of its CA."""
        ...

    async def capabilities(self) -> Capabilities:
        """Return the server's version and everything it serves."""
        ...

    async def kinds(self, *, fresh: bool = False) -> tuple[ApiKind, ...]:
        """Return every kind the server serves; `fresh` asks again, for kinds that a CRD has just added.

        A server takes a moment to list what a CRD adds, also after it says that the CRD is established.
        """
        ...

    async def get(self, ref: ObjectRef) -> LiveObject | None:
        """Return one object, or None when the server says that it (or its kind) does not exist."""
        ...

    async def list(
        self,
        kind: ApiKind,
        namespace: str | None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        fresh: bool = True,
    ) -> Listing:
        """Return all objects of a kind, in one namespace or (None) in all, following pages to the end.

        A fresh list may have to wait until what serves it has caught up with the store, up to 100 ms.
        """
        ...

    async def list_metadata(
        self, kind: ApiKind, namespace: str | None, *, label_selector: str = "", fresh: bool = True
    ) -> Listing:
        """Return the same of each object's metadata alone, however large the objects are."""
        ...

    async def apply(
        self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False, force: bool = True
    ) -> LiveObject:
        """Server-side apply one object and return what the server made of it.

        `metadata.uid` and `metadata.resourceVersion` in the manifest are preconditions (409 `conflict`).
        """
        ...

    async def create(self, manifest: Mapping[str, Any], *, manager: str) -> LiveObject:
        """Create one object and return what the server made of it; `alreadyExists` when its name is taken.

        An answer that was lost is asked for again, so `alreadyExists` may mean our own first attempt.
        """
        ...

    async def replace(self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False) -> LiveObject:
        """Put an object in the place of the version that its `metadata.resourceVersion` names, `conflict` if it moved.

        `metadata.managedFields` in it, if any, say from now on who owns what.

        An answer that was lost is asked for again, so `conflict` may mean our own first attempt.
        """
        ...

    async def patch(self, ref: ObjectRef, operations: Sequence[Mapping[str, Any]], *, manager: str) -> LiveObject:
        """Carry out a JSON Patch (RFC 6902) on one object; `conflict` when a `test` in it does not hold.

        All of it happens or nothing. With a `test` of `/metadata/resourceVersion`, an answer that was lost may be asked
        for again, so `conflict` may mean our own first attempt; without one, a patch must bear being done twice.
        """
        ...

    async def delete(self, ref: ObjectRef, *, uid: str, resource_version: str | None = None) -> bool:
        """Delete exactly that object; False when it is already gone, `RemoteRefused` 409 when another has its name."""
        ...

    def watch(
        self, kind: ApiKind, namespace: str | None, *, resource_version: str, field_selector: str = ""
    ) -> AsyncIterator[WatchEvent]:
        """Yield changes since a version. Reconnects by itself; ends only with EXPIRED or when closed."""
        ...

    async def logs(self, pod: ObjectRef, *, container: str, previous: bool, tail: int) -> str:
        """Return the last lines of a container's log; empty when there is none to be had."""
        ...

    async def openapi(self, api_version: str) -> Mapping[str, Any] | None:
        """Return the server's OpenAPI v3 document for one group and version, or None when it has none."""
        ...

    async def lookup(self) -> Lookup:
        """Return how a chart's `lookup` reaches this cluster with the caller's rights (a private temporary file)."""
        ...

    async def close(self) -> None:
        """Give back connections and temporary files."""
        ...
