"""Differences between wanted and live, and the plan they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fairlead.domain.identity import ObjectRef, ReleaseKey, Revision
from fairlead.domain.rendering import RenderedRelease


class Action(StrEnum):
    """What a change does to its object."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RECREATE = "recreate"
    KEEP = "keep"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, by JSON Pointer. `owner` is the other manager that loses it; masked values are `(secret)` twice."""

    path: str
    old: Any = None
    new: Any = None
    owner: str | None = None
    masked: bool = False
    equal: bool | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `desired` is what will be sent; `uid` and `resource_version` are of the live object, if any.

    `verified` is False with a reason where the server's dry run could not speak (`semantics.md` 5).
    """

    action: Action
    ref: ObjectRef
    reason: str = ""
    fields: tuple[FieldChange, ...] = ()
    desired: Mapping[str, Any] | None = field(default=None, repr=False)
    uid: str | None = None
    resource_version: str | None = None
    live_digest: str | None = None
    verified: bool = True
    unverified_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What one release needs. `changes` stand in apply order."""

    key: ReleaseKey
    revision: Revision
    changes: tuple[Change, ...]
    rendered: RenderedRelease = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run would do, finished before the first write. `digest` is the planDigest of `semantics.md` 5."""

    releases: tuple[ReleasePlan, ...]
    digest: str
