"""Adds a value to a release in a YAML text, in the manner of what stands around it."""

from __future__ import annotations

from fairlead.domain.editing.replacing import Edit, written
from fairlead.domain.editing.spans import MappingSpan, SequenceSpan, Style, end_of


def adding(text: str, release: MappingSpan, key: str, value: str) -> Edit | None:
    """Return the edit that adds `{key, value}` to the `values` of a release; None where that cannot be done safely."""
    values = release.get("values")
    match values:
        case None:
            return _with_list(text, release, key, value)
        case SequenceSpan(is_flow=True):
            return _before_end(text, values, f"{', ' if values.items else ''}{_flow(key, value)}")
        case SequenceSpan(items=(*_, MappingSpan() as last)):
            return _after(text, last, key, value)
        case _:
            return None


def _after(text: str, last: MappingSpan, key: str, value: str) -> Edit | None:
    """Add an item after the last one, its dash below the last one's dash."""
    lead = text[text.rfind("\n", 0, last.start) + 1 : last.start]
    dash = lead.rfind("-")
    if dash < 0 or lead[:dash].strip():
        return None
    indent, gap = lead[:dash], lead[dash + 1 :]
    if last.is_flow:
        return _below(text, end_of(last), [f"{indent}-{gap}{_flow(key, value)}"])
    below = " " * (len(indent) + 1 + len(gap))
    shown = written(value, _quotes_of(last))
    return _below(text, end_of(last), [f"{indent}-{gap}key: {written(key)}", f"{below}value: {shown}"])


def _with_list(text: str, release: MappingSpan, key: str, value: str) -> Edit | None:
    """Add `values` after the last key of a release."""
    if release.is_flow:
        return _before_end(text, release, f", values: [{_flow(key, value)}]")
    indent = " " * (release.column - 1)
    lines = [f"{indent}values:", f"{indent}  - key: {written(key)}", f"{indent}    value: {written(value)}"]
    return _below(text, end_of(release), lines)


def _before_end(text: str, collection: SequenceSpan | MappingSpan, new: str) -> Edit:
    """Add something before the closing bracket or brace, after what stands there last."""
    inside = text[collection.start : collection.end - 1].rstrip()
    at = collection.start + len(inside)
    return Edit(at, at, new)


def _below(text: str, end: int, lines: list[str]) -> Edit:
    """Put lines below the one in which something ends, whatever comment stands there."""
    newline = "\r\n" if "\r\n" in text else "\n"
    at = text.find("\n", end)
    block = newline.join(lines)
    return Edit(len(text), len(text), newline + block) if at < 0 else Edit(at + 1, at + 1, block + newline)


def _flow(key: str, value: str) -> str:
    return f"{{key: {written(key)}, value: {written(value)}}}"


def _quotes_of(item: MappingSpan) -> Style:
    """Return the quotes of a neighbour's value, which a new one shall look like."""
    value = item.get("value")
    style = getattr(value, "style", Style.PLAIN)
    return style if style in (Style.SINGLE, Style.DOUBLE) else Style.PLAIN
