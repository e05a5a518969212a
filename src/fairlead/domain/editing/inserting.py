"""Adds a value to a release in a YAML text, in the manner of what stands around it."""

from __future__ import annotations

from fairlead.domain.editing.replacing import Edit, gap_before, written
from fairlead.domain.editing.spans import MappingSpan, ScalarSpan, SequenceSpan, Span, Style, end_of
from fairlead.domain.scalars import resolve_plain


def adding(text: str, release: MappingSpan, *, key: str, value: str) -> Edit | None:
    """Return the edit that adds `{key, value}` to the `values` of a release; None where that cannot be done safely."""
    item = _flow(release, key, value)
    match release.get("values"):
        case None:
            return _with_list(text, release, key=key, value=value)
        case ScalarSpan(style=Style.PLAIN) as nothing if resolve_plain(nothing.text) is None:
            return Edit(nothing.start, nothing.end, f"{gap_before(text, nothing.start, nothing.end)}[{item}]")
        case SequenceSpan(is_flow=True, items=(*_, last)):
            return _beside(text, last, at=end_of(last), new=item)
        case SequenceSpan(is_flow=True, end=end):
            return Edit(end - 1, end - 1, item)
        case SequenceSpan(items=(*_, MappingSpan() as last)):
            return _after(text, last, key=key, value=value)
        case _:
            return None


def _after(text: str, last: MappingSpan, *, key: str, value: str) -> Edit | None:
    """Add an item after the last one, its dash below the last one's dash."""
    dash = len(text[: last.start].rstrip()) - 1
    line = text.rfind("\n", 0, dash) + 1
    indent, gap = text[line:dash], text[dash + 1 : last.start]
    if text[dash] != "-" or indent.strip():
        return None
    gap = " " if "\n" in gap else gap
    if last.is_flow:
        return _below(text, end_of(last), [f"{indent}-{gap}{_flow(last, key, value)}"])
    below = " " * (len(indent) + 1 + len(gap))
    shown = written(value, _quotes_of(last))
    return _below(text, end_of(last), [f"{indent}-{gap}key: {written(key)}", f"{below}value: {shown}"])


def _with_list(text: str, release: MappingSpan, *, key: str, value: str) -> Edit | None:
    """Add `values` after the last key of a release."""
    if release.is_flow:
        name = '"values"' if _is_json(release) else "values"
        first, last = release.entries[-1]
        return _beside(text, first, at=end_of(last), new=f"{name}: [{_flow(release, key, value)}]")
    indent = " " * (release.column - 1)
    lines = [f"{indent}values:", f"{indent}  - key: {written(key)}", f"{indent}    value: {written(value)}"]
    return _below(text, end_of(release), lines)


def _beside(text: str, last: Span, *, at: int, new: str) -> Edit:
    """Add something behind the last one within brackets or braces: on a line of its own if that has one."""
    lead = text[text.rfind("\n", 0, last.start) + 1 : last.start]
    line_end = text.find("\n", at)
    is_alone = "\n" in text[: last.start] and not lead.strip() and not text[at:line_end].strip(", \t\r")
    return Edit(at, at, f",{_newline(text, line_end)}{lead}{new}" if is_alone and line_end >= 0 else f", {new}")


def _below(text: str, end: int, lines: list[str]) -> Edit:
    """Put lines below the one in which something ends, whatever comment stands there."""
    at = text.find("\n", end)
    newline = _newline(text, at)
    block = newline.join(lines)
    return Edit(len(text), len(text), newline + block) if at < 0 else Edit(at + 1, at + 1, block + newline)


def _newline(text: str, at: int) -> str:
    """Return how the line ends whose last character is `at`, or the file's lines where it has none."""
    return "\r\n" if (text[at - 1 : at] == "\r" if at >= 0 else "\r\n" in text) else "\n"


def _flow(near: MappingSpan, key: str, value: str) -> str:
    if _is_json(near):
        return f'{{"key": {written(key, Style.DOUBLE)}, "value": {written(value, Style.DOUBLE)}}}'
    return f"{{key: {written(key)}, value: {written(value)}}}"


def _is_json(near: MappingSpan) -> bool:
    """Tell whether the text may be read by JSON readers, too: keys have double quotes."""
    return near.is_flow and any(name.style is Style.DOUBLE for name, _ in near.entries)


def _quotes_of(item: MappingSpan) -> Style:
    """Return the quotes of a neighbour's value, which a new one shall look like."""
    value = item.get("value")
    style = getattr(value, "style", Style.PLAIN)
    return style if style in (Style.SINGLE, Style.DOUBLE) else Style.PLAIN
