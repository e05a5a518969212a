"""Patterns that narrow tags. They match the whole tag, in time linear to its length.

The engine is RE2: it has no backtracking, so that no pattern takes long on any tag (case S22 of the design), and needs
no clock to be stopped. Its syntax is that of Go: no back references, no lookaround.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped] # the package has no types; two of its functions are used, here

_LONGEST = 1000
_MEMORY = 1 << 20  # bytes that a compiled pattern may take; larger ones are refused
_GROUP = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)


class BadPattern(ValueError):
    """The text is no pattern, or asks for a group that it has not; the message tells what is wrong."""


@dataclass(frozen=True, slots=True)
class TagPattern:
    """A pattern, and what to take out of a tag that matches: a template such as `$version`, None for the whole tag.

    Made by `parse_pattern`, which checks both.
    """

    text: str
    extract: str | None = None

    def matched(self, tag: str) -> str | None:
        """Return what the tag counts as, None where the pattern does not match the whole of it."""
        try:
            found = _compiled(self.text).fullmatch(tag)
        except UnicodeEncodeError:  # an argument of the command line that is no text
            return None
        if found is None or self.extract is None:
            return None if found is None else tag
        return _GROUP.sub(lambda group: found.group(_group(group)) or "", self.extract)


def parse_pattern(text: str, extract: str | None = None) -> TagPattern:
    """Read a pattern and a template.

    Raises:
        BadPattern: the pattern is no RE2 syntax or too large, or the template names no group or one that is missing.
    """
    compiled = _compiled(text)
    if extract is not None:
        known = {*compiled.groupindex, *range(compiled.groups + 1)}
        asked = [_group(group) for group in _GROUP.finditer(extract)]
        if not asked:
            raise BadPattern(f"{extract!r} takes nothing out of the tag; write a group such as $1 or $name")
        for group in asked:
            if group not in known:
                raise BadPattern(f"the pattern has no group {group!r}")
    return TagPattern(text, extract)


@lru_cache(maxsize=256)
def _compiled(text: str) -> Any:
    if len(text) > _LONGEST:
        raise BadPattern(f"found {len(text)} characters, expected at most {_LONGEST}")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise BadPattern(error.args[0].decode(errors="replace")) from None
    except UnicodeEncodeError:
        raise BadPattern("it is no text") from None


def _group(found: re.Match[str]) -> str | int:
    name: str = found[1] or found[2]
    return int(name) if name.isdigit() else name
