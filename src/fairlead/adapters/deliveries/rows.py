"""Announcements as rows: what they are about, which one of it, and the rest as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from fairlead.domain.images import ImageName
from fairlead.domain.webhooks.deliveries import Announcement, BranchPushed, ImagePushed

IMAGE, BRANCH = "image", "branch"


@dataclass(frozen=True, slots=True)
class Row:
    """One announcement. `subject` and `item` name it; `time` is its own, in seconds since 1970, 0 when unknown.

    `moment` is the same time as RFC 3339 writes it.
    """

    kind: str
    subject: str
    item: str
    time: float
    rest: str
    moment: str | None = None


def to_row(announcement: Announcement) -> Row:
    """Return the row of an announcement."""
    match announcement:
        case ImagePushed(image=image, tag=tag, digest=digest, time=time):
            moment = time.isoformat() if time is not None else None
            rest = {"registry": image.registry, "repository": image.repository, "digest": digest, "time": moment}
            seconds = time.timestamp() if time is not None else 0.0
            return Row(IMAGE, str(image), tag, seconds, orjson.dumps(rest).decode(), moment)
        case BranchPushed(repository=repository, branch=branch, commit=commit, addresses=addresses):
            return Row(
                BRANCH, repository, branch, 0.0, orjson.dumps({"commit": commit, "addresses": addresses}).decode()
            )


def from_row(kind: str, subject: str, item: str, rest: str) -> Announcement:
    """Return the announcement of a row."""
    found: Mapping[str, Any] = orjson.loads(rest)
    if kind == BRANCH:
        return BranchPushed(subject, item, found["commit"], tuple(found["addresses"]))
    time = datetime.fromisoformat(found["time"]) if found["time"] is not None else None
    return ImagePushed(ImageName(found["registry"], found["repository"]), item, found["digest"], time)
