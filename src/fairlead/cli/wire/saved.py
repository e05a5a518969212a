"""The file of `plan --save`: as strict on reading as on writing."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.cli.wire.deploying import ChartItem, FieldItem, ObjectItem, RevisionItem
from fairlead.cli.wire.documents import Document, Item
from fairlead.domain.changes import Action


class SavedChangeItem(Item, frozen=True, kw_only=True):
    """One change. The digests are of the declared fields, as they are wanted and as they were live."""

    action: Action
    object: ObjectItem
    uid: str | None
    digest: str
    live_digest: str | None
    fields: list[FieldItem]


class SavedManifestItem(Item, frozen=True, kw_only=True):
    """An object that was rendered; `withheld` are the JSON Pointers of the secret values that were left out."""

    object: dict[str, Any]
    withheld: list[str]


class SavedReleaseItem(Item, frozen=True, kw_only=True):
    """The plan of one release. `removal`: it ends with it; `generates`: its chart may render to something else.

    `hooks` are those that run, in their order.
    """

    environment: str
    cluster: str
    namespace: str
    release: str
    cluster_uid: str
    digest: str
    revision: RevisionItem
    chart: ChartItem | None
    values_digest: str | None
    generates: bool
    writes: bool
    removal: bool
    changes: list[SavedChangeItem]
    hooks: list[ObjectItem]
    manifests: list[SavedManifestItem]


class SavedOptions(Item, frozen=True, kw_only=True):
    """The options that the plan was made with."""

    recreate: bool
    take_ownership: bool


class SavedPlan(Document, frozen=True, kw_only=True, tag="SavedPlan"):
    """What `plan --save` writes and `apply --plan` reads. `checksum` is of all the rest, as canonical JSON."""

    format: int
    tool_version: str
    digest: str
    options: SavedOptions
    releases: list[SavedReleaseItem]
    checksum: str


def check_shape(document: Any) -> None:
    """Raise ValueError, which says where, unless a document has the shape of a saved plan."""
    msgspec.convert(document, SavedPlan)
