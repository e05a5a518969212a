"""Puts what was chosen into a lock file: an entry a line, the last one at the end."""

from __future__ import annotations

from fairlead.domain.editing.replacing import Edit, written
from fairlead.domain.editing.spans import MappingSpan, ScalarSpan, SequenceSpan, Span
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.updates import Update
from fairlead.domain.values import Layer


def in_lock_file(text: str, root: Span | None, update: Update, target: Target) -> Edit | None:
    """Return the edit that makes an update the choice for its value; None where that is no lock file."""
    place = (update.release.environment, update.release.release, update.standing.key)
    listed = root.get("chosen") if isinstance(root, MappingSpan) else None
    entries = listed.items if isinstance(listed, SequenceSpan) else ()
    shown = _entry(place, _declared(update, target), update.text)
    for entry in reversed(entries):
        if isinstance(entry, MappingSpan) and _place(entry) == place:
            return Edit(entry.start, entry.end, shown) if entry.is_flow else None
    return Edit(len(text), len(text), f"{'' if text.endswith(chr(10)) else chr(10)}  - {shown}\n")


def _declared(update: Update, target: Target) -> str | None:
    """Return what people declared, below what was chosen before."""
    match update.standing.layer:
        case Layer.LOCK_FILE:
            keys = (each for each in reversed(target.release.chosen) if each.key == update.standing.key)
            return next((each.declared for each in keys), None)
        case Layer.CHART:
            return None
        case _:
            return update.standing.text


def _entry(place: tuple[str, str, str], declared: str | None, value: str) -> str:
    environment, release, key = (written(each) for each in place)
    was = f"declared: {written(declared)}, " if declared is not None else ""
    return f"{{environment: {environment}, release: {release}, key: {key}, {was}value: {written(value)}}}"


def _place(entry: MappingSpan) -> tuple[str | None, ...]:
    found = (entry.get(key) for key in ("environment", "release", "key"))
    return tuple(each.text if isinstance(each, ScalarSpan) else None for each in found)
