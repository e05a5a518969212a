"""Newer versions, for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from fairlead.cli.text.layout import columns, hanging, plural
from fairlead.cli.wire.upgrades import TrackChoice, UpdateItem, Updates

_COMMIT = 12
_FATES = {
    "opened": "proposed: {}",
    "updated": "proposed anew: {}",
    "current": "proposed already: {}",
    "committed": "committed: {}",
    "closed": "closed: {}",
    "declined": "not proposed again: people closed its pull request; another version will be",
    "foreign": "left alone: others committed to its branch {}",
    "nothing": "not proposed: no file could be changed for it alone",
}
_DIGEST = 19  # characters of a digest that tell it from another one: `sha256:` and 12 more


def choice_lines(document: TrackChoice, width: int | None) -> Iterator[Text]:
    """Return what is chosen, and below it what is not."""
    if document.choice is None:
        yield from hanging(Text(), Text(document.reason), width=width)
    else:
        yield from hanging(Text.assemble((document.choice, "bold green"), ": "), Text(document.reason), width=width)
    if document.rejected:
        yield Text()
        yield Text("Not taken:")
        yield from columns([[each.tag, each.reason] for each in document.rejected], width=width, indent=2)


def update_lines(document: Updates, width: int | None) -> Iterator[Text]:
    """Return what would change and why, then what was skipped and why."""
    for update in document.updates:
        yield Text.assemble((f"{update.environment}/{update.release}", "bold"), f"  {update.image or update.chart}")
        yield from hanging(Text("  "), _change(update), width=width)
        yield from hanging(Text("  "), Text(update.reason, "dim"), width=width)
        if update.patched:
            yield Text(f"  written to {update.file}:{update.line}", "green")
        if update.proposed:
            yield from hanging(Text("  "), Text(fate(update)), width=width)
        if update.note:
            yield from hanging(Text("  "), Text(update.note, "dim" if update.patched else "yellow"), width=width)
    if document.updates and document.skipped:
        yield Text()
    if document.skipped:
        yield Text("Skipped:")
        rows = [[f"{one.environment}/{one.release}", one.code, one.reason] for one in document.skipped]
        yield from columns(rows, width=width, indent=2)
    if document.updates or document.skipped:
        yield Text()
    count = plural(len(document.updates), "update") if document.updates else "No updates"
    yield Text(f"{count}, {len(document.skipped)} skipped." if document.skipped else f"{count}.", "bold")


def fate(update: UpdateItem) -> str:
    """Return what became of an update in the repository; nothing when it was not to be proposed."""
    where = update.pull_request or (update.commit or "")[:_COMMIT]
    return _FATES[update.proposed].format(where) if update.proposed else ""


def _change(update: UpdateItem) -> Text:
    where = update.key if update.file is None else f"{update.key} in {update.file}"
    old, new = _pinned(update.from_, update.from_digest), _pinned(update.to, update.digest)
    return Text.assemble(old, " -> ", (new, "bold green"), f"  ({where})")


def _pinned(version: str, digest: str | None) -> str:
    return version if digest is None else f"{version}@{digest[:_DIGEST]}"
