"""Follows the pages of a list to their end."""

from __future__ import annotations

from typing import Any, Final

from fairlead.adapters.kubernetes import requests
from fairlead.adapters.kubernetes.requests import Page, Selection
from fairlead.adapters.kubernetes.responses import decode_list
from fairlead.adapters.kubernetes.sending import Sender
from fairlead.adapters.kubernetes.versions import Versions
from fairlead.ports.cluster import ApiKind, Listing, LiveObject

_EXPIRED: Final = frozenset({410})
_NOT_REACHED: Final = frozenset({504})


async def complete_list(
    sender: Sender,
    versions: Versions,
    kind: ApiKind,
    selection: Selection,
    *,
    fresh: bool,
    metadata_only: bool = False,
) -> Listing:
    """Return a whole list; one that expires between two pages is read anew, at once.

    A list that need not be fresh shows at least what was met of its kind. A server that does not get there in time is
    asked for a fresh one: it lags behind another one, or was restored from a backup.
    """
    items: list[LiveObject] = []
    page = Page(least="" if fresh else versions.of(kind.group_kind))
    while True:
        request = requests.list_page(kind, selection, page, metadata_only=metadata_only)
        bearable = _EXPIRED if page.token else _NOT_REACHED if page.least else frozenset()
        reply = await sender.send(request, accept=bearable)
        if reply.status in _EXPIRED:
            items, page = [], Page(size=0)
        elif reply.status in _NOT_REACHED:
            versions.forget(kind.group_kind)
            page = Page()
        else:
            document = decode_list(reply, request, sender.server)
            items += [_whole(item, kind) for item in document.get("items") or []]
            meta = document.get("metadata") or {}
            page = Page(meta.get("continue") or "", page.size)
            if not page.token:
                version = meta.get("resourceVersion") or ""
                versions.met(kind.group_kind, version)
                return Listing(tuple(items), version)


def _whole(item: LiveObject, kind: ApiKind) -> dict[str, Any]:
    """Return an item with what lists of built-in kinds leave out: what all their items share."""
    return {**item, "apiVersion": kind.api_version, "kind": kind.kind}
