"""Newer versions, from the domain to the wire."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fairlead.cli.wire.documents import Document, Item, Located
from fairlead.domain.moments import rfc3339
from fairlead.domain.upgrades.candidates import Decision
from fairlead.domain.upgrades.updates import Holds, Skipped, Update, Upgrades
from fairlead.pipeline.upgrades.patching import Patched
from fairlead.pipeline.upgrades.pullrequests import Proposed


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


class UpdateItem(Located, frozen=True, kw_only=True):
    """A newer version that a release wants.

    `key` is the value that changes, `chart.version` for a chart, and `file` where it stands, relative to the repository
    root; null for a default of a chart that lies outside it. Either `image` (without tag) or `chart` is null. `digest`
    is set when it is written too, `fromDigest` when one stands there now. `time` is when the new version was created
    or announced. `patched` says whether a file was changed; `file` is then that file, `line` where in it, and `note`
    says what is worth saying of it, or why nothing was written. `proposed` is what became of it in the repository, by
    `pullRequest` (an address) or as `commit`.
    """

    file: str | None
    key: str
    image: str | None
    chart: str | None
    from_: str = msgspec.field(name="from")
    to: str
    from_digest: str | None
    digest: str | None
    track: str
    reason: str
    time: str | None
    patched: bool
    line: int | None
    note: str | None
    proposed: str | None
    pull_request: str | None
    commit: str | None


class SkippedItem(Located, frozen=True, kw_only=True):
    """A trigger about which nothing could be decided, or an announced version that a release does not want."""

    code: str
    reason: str


class Updates(Document, frozen=True, kw_only=True, tag="Updates"):
    """What `poll` or `observe` found."""

    updates: list[UpdateItem]
    skipped: list[SkippedItem]


def updates_document(found: Upgrades, patched: Iterable[Patched] = (), proposed: Iterable[Proposed] = ()) -> Updates:
    """Return the document of `poll` and `observe`, with what was written or proposed."""
    made = {one.update: one for one in patched}
    fates = {(update.release, update.standing.key): one for one in proposed for update in one.updates}
    updates = [_update(one, made.get(one), fates.get((one.release, one.standing.key))) for one in found.updates]
    return Updates(updates=updates, skipped=[_skipped(one) for one in found.skipped])


def _update(update: Update, patched: Patched | None, proposed: Proposed | None) -> UpdateItem:
    is_patched = patched is not None and patched.changed
    is_chart = update.standing.holds is Holds.CHART_VERSION
    return UpdateItem(
        **update.release.to_json(),
        file=patched.file if patched is not None and is_patched else update.standing.file,
        key=update.standing.key,
        image=None if is_chart else update.subject,
        chart=update.subject if is_chart else None,
        from_=update.from_version,
        to=update.to_version,
        from_digest=update.from_digest,
        digest=update.digest,
        track=update.track,
        reason=update.reason,
        time=None if update.time is None else rfc3339(update.time),
        patched=is_patched,
        line=patched.line if patched is not None else None,
        note=(patched.note or None) if patched is not None else None,
        proposed=proposed.fate.value if proposed is not None else None,
        pull_request=proposed.url if proposed is not None else None,
        commit=proposed.commit if proposed is not None else None,
    )


def _skipped(skipped: Skipped) -> SkippedItem:
    return SkippedItem(**skipped.release.to_json(), code=skipped.code, reason=skipped.reason)
