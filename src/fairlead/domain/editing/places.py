"""Where the text that an update changes stands: from the declaration's marks to the characters of a file."""

from __future__ import annotations

from fairlead.domain.config import Literal, Place, ValueEntry
from fairlead.domain.editing.inserting import adding
from fairlead.domain.editing.replacing import Edit, replacing
from fairlead.domain.editing.spans import AliasSpan, MappingSpan, ScalarSpan, Span, at_path, mapping_at
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.updates import Holds, Update, is_value
from fairlead.domain.valuepaths import parse_path
from fairlead.domain.values import Layer


def standing_file(update: Update, target: Target) -> str | None:
    """Return the file in which the present text stands, None where it stands in none of the repository."""
    entry = _entry(update, target)
    return entry.place.file if entry is not None else update.standing.file


def in_place(text: str, root: Span | None, update: Update, target: Target) -> Edit | None:
    """Return the edit that makes the present scalar the new one; None where it does not stand in this text."""
    span = _found(root, update, target)
    return replacing(text, span, update.text) if isinstance(span, ScalarSpan | AliasSpan) else None


def as_release_value(text: str, root: Span | None, update: Update, target: Target) -> Edit | None:
    """Return the edit that adds the new text as one more value of the release; None where that cannot be."""
    release = _mapping(root, target.release.place)
    if release is None or not is_value(update.standing):
        return None
    return adding(text, release, key=update.standing.key, value=update.text)


def _found(root: Span | None, update: Update, target: Target) -> Span | None:
    if update.standing.holds is Holds.CHART_VERSION:
        release = _mapping(root, target.release.place)
        return at_path(release, ("chart", "version"))
    path = parse_path(update.standing.key)
    if update.standing.layer is Layer.APP:
        return at_path(_mapping(root, target.release.place), ("app", *path))
    entry = _entry(update, target)
    if entry is None:
        return at_path(root, path)
    return at_path(_mapping(root, entry.place), ("value", *path[len(parse_path(entry.key)) :]))


def _entry(update: Update, target: Target) -> ValueEntry | None:
    """Return the inline value that holds the text: the last one whose path leads there."""
    match update.standing.layer:
        case Layer.VALUES:
            entries = target.release.values
        case Layer.DEFAULT_VALUES:
            entries = target.environment.default_values
        case _:
            return None
    path = parse_path(update.standing.key)
    leading = (one for one in reversed(entries) if isinstance(one.source, Literal))
    return next((one for one in leading if path[: len(parse_path(one.key))] == parse_path(one.key)), None)


def _mapping(root: Span | None, place: Place) -> MappingSpan | None:
    return mapping_at(root, place.line, place.column)
