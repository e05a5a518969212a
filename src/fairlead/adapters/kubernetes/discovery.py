"""What a cluster serves: every kind with its URL name, and the version strings that charts ask for.

Aggregated discovery (two documents) where the server has it, else one document per group and version.
API versions: as Helm computes `.Capabilities.APIVersions`, each group/version and each group/version/Kind, including
the kinds of sub-resources.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.ports.cluster import ApiKind

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that is served.

    `stale` holds groups and versions that are announced but whose own server did not answer: nothing about their
    kinds is known, least of all that one does not exist.
    """

    kinds: tuple[ApiKind, ...]
    api_versions: tuple[str, ...]
    stale: frozenset[str] = frozenset()
    _by_name: dict[tuple[str, str], ApiKind] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {(kind.api_version, kind.kind): kind for kind in reversed(self.kinds)})

    def find(self, api_version: str, kind: str) -> ApiKind | None:
        """Return one kind, or None."""
        return self._by_name.get((api_version, kind))


@dataclass(frozen=True, slots=True)
class _Served:
    """One group and version: its kinds, and the names of all kinds with those of sub-resources."""

    api_version: str
    kinds: tuple[ApiKind, ...]
    names: frozenset[str]
    stale: bool = False


Fetch = Callable[[str], Awaitable[Document]]
FetchIfThere = Callable[[str], Awaitable[Document | None]]


async def discover(fetch: Fetch, fetch_if_there: FetchIfThere) -> Catalogue:
    """Ask a server for its catalogue.

    `fetch` returns the document at a path or raises; `fetch_if_there` returns None when nothing answers there now,
    as for a group whose own server is down.
    """
    documents = await asyncio.gather(fetch("/api"), fetch("/apis"))
    served: list[_Served] = []
    for root, document in zip(("/api", "/apis"), documents, strict=True):
        if document.get("kind") == "APIGroupDiscoveryList":
            served.extend(_aggregated(document))
        else:
            versions = list(_versions(document))
            lists = await asyncio.gather(*(fetch_if_there(f"{root}/{version}") for version in versions))
            served.extend(_legacy(version, found) for version, found in zip(versions, lists, strict=True))
    return _catalogue(served)


def _catalogue(served: Iterable[_Served]) -> Catalogue:
    served = list(served)
    kinds = sorted(kind for one in served for kind in one.kinds)
    names = {f"{one.api_version}/{name}" for one in served for name in one.names}
    versions = {one.api_version for one in served} | names
    return Catalogue(tuple(kinds), tuple(sorted(versions)), frozenset(one.api_version for one in served if one.stale))


def _aggregated(document: Document) -> Iterator[_Served]:
    for group in document.get("items") or []:
        group_name = (group.get("metadata") or {}).get("name", "")
        for version in group.get("versions") or []:
            api_version = f"{group_name}/{version['version']}" if group_name else version["version"]
            resources = [one for one in version.get("resources") or [] if _response_kind(one)]
            kinds = tuple(
                ApiKind(
                    api_version,
                    _response_kind(one),
                    one["resource"],
                    one.get("scope") == "Namespaced",
                    frozenset(one.get("verbs") or ()),
                )
                for one in resources
            )
            subresources = [_response_kind(sub) for one in resources for sub in one.get("subresources") or []]
            names = frozenset(kind.kind for kind in kinds) | {name for name in subresources if name}
            yield _Served(api_version, kinds, names, stale=version.get("freshness") == "Stale")


def _response_kind(resource: Document) -> str:
    return str((resource.get("responseKind") or {}).get("kind", ""))


def _versions(document: Document) -> Iterator[str]:
    """Return the versions that an `APIVersions` or `APIGroupList` names."""
    yield from document.get("versions") or []
    for group in document.get("groups") or []:
        yield from (version["groupVersion"] for version in group.get("versions") or [])


def _legacy(api_version: str, document: Document | None) -> _Served:
    if document is None:
        return _Served(api_version, (), frozenset(), stale=True)
    resources = document.get("resources") or []
    kinds = tuple(
        ApiKind(
            api_version,
            one["kind"],
            one["name"],
            bool(one.get("namespaced")),
            frozenset(one.get("verbs") or ()),
        )
        for one in resources
        if "/" not in one["name"]
    )
    return _Served(api_version, kinds, frozenset(one["kind"] for one in resources))
