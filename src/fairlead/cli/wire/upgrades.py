"""Newer versions, from the domain to the wire."""

from __future__ import annotations

from fairlead.cli.wire.documents import Document, Item
from fairlead.domain.upgrades.candidates import Decision


class RejectedItem(Item, frozen=True, kw_only=True):
    """A tag that is not taken. `code` is one word for why, `reason` says it to people."""

    tag: str
    code: str
    reason: str


class TrackChoice(Document, frozen=True, kw_only=True, tag="TrackChoice"):
    """What a track makes of some tags. `choice` is null when the current tag stays."""

    choice: str | None
    reason: str
    rejected: list[RejectedItem]


def choice_document(decision: Decision) -> TrackChoice:
    """Return the document of `track`."""
    return TrackChoice(
        choice=None if decision.choice is None else decision.choice.tag,
        reason=decision.reason,
        rejected=[
            RejectedItem(tag=each.tag, code=each.objection.value, reason=each.reason) for each in decision.rejected
        ],
    )
