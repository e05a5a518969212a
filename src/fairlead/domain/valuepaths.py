r"""Helm's path syntax for value keys, as `--set` reads it.

`a.b` is a key in a mapping, `a\.b` one key with a dot, `a[0].b` an item of a list. A backslash takes the next
character as it is.
"""

from __future__ import annotations

import re

ValuePath = tuple[str | int, ...]

MAX_DEPTH = 30
MAX_INDEX = 65536

_STEP = re.compile(r"((?:[^.\[\\]|\\.)*)((?:\[[^\]]*\])*)(\.|$)", re.DOTALL)
_INDEX = re.compile(r"\[([^\]]*)\]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NEEDS_ESCAPE = re.compile(r"([.\[\\,=])")


class BadValuePath(ValueError):
    """The text is not a path; the message tells why."""


def parse_path(text: str) -> ValuePath:
    """Return the steps of a path: names and list indices.

    Raises:
        BadValuePath: an empty name, a bad index, or deeper than Helm goes.
    """
    steps: list[str | int] = []
    position, closed = 0, False
    while not closed:
        found = _STEP.match(text, position)
        if found is None:
            raise BadValuePath("brackets hold a list index and are followed by a dot or nothing")
        name, indices, end = found.groups()
        if not name:
            raise BadValuePath("a name between the dots is empty")
        steps.append(_ESCAPED.sub(r"\1", name))
        steps += [_index(inner) for inner in _INDEX.findall(indices)]
        position, closed = found.end(), not end
    if sum(isinstance(step, str) for step in steps) > MAX_DEPTH + 1:
        raise BadValuePath(f"names are nested deeper than {MAX_DEPTH} levels")
    return tuple(steps)


def format_path(path: ValuePath) -> str:
    """Return the text of a path; `parse_path` gives the same steps back."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + _NEEDS_ESCAPE.sub(r"\\\1", step)
    return text


def _index(inner: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", inner) or int(inner) > MAX_INDEX:
        raise BadValuePath(f"found the index [{inner}], expected a number from 0 to {MAX_INDEX}")
    return int(inner)
