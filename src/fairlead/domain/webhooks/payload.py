"""Reads what a stranger sent, one step at a time: every step either finds what it needs or refuses, naming the place.

Texts are bounded and must have the form that the thing has, so that nothing later meets a line break, a terminal
code or a path where a tag was expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.images import is_digest, is_tag

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MAX_TEXT = 1024  # characters; no name, tag, address or time of a sound payload comes near
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Payload:
    """A value inside a delivery, and where it stands."""

    value: Any
    path: str = "payload"

    def at(self, *keys: str) -> Payload:
        """Return what stands below; absent keys give a payload of None."""
        found: Any = self.value
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return Payload(found, ".".join((self.path, *keys)))

    def items(self) -> Iterator[Payload]:
        """Yield the items of a list.

        Raises:
            InputError: it is no list (`payloadInvalid`).
        """
        if not isinstance(self.value, list):
            raise self._refusal("a list")
        yield from (Payload(item, f"{self.path}[{number}]") for number, item in enumerate(self.value))

    def is_given(self) -> bool:
        """Tell whether there is anything but null or an empty text."""
        return self.value is not None and self.value != ""

    def says(self, text: str) -> bool:
        """Tell whether it is exactly this text."""
        return isinstance(self.value, str) and self.value == text

    def text(self, pattern: re.Pattern[str] | None = None, expected: str = "a text") -> str:
        """Return a printable text of bounded length that matches `pattern` as a whole.

        Raises:
            InputError: it is none (`payloadInvalid`).
        """
        found = self.value
        sound = isinstance(found, str) and 0 < len(found) <= _MAX_TEXT and found.isprintable()
        if not sound or (pattern is not None and pattern.fullmatch(found) is None):
            raise self._refusal(expected)
        return str(found)

    def tag(self) -> str:
        """Return the tag of an image."""
        found = self.text(expected="a tag")
        if not is_tag(found):
            raise self._refusal("a tag")
        return found

    def digest(self) -> str | None:
        """Return a digest, or None when none is given."""
        if not self.is_given():
            return None
        found = self.text(expected="a digest")
        if not is_digest(found):
            raise self._refusal("a digest")
        return found

    def seconds(self) -> datetime | None:
        """Return a time given in seconds since 1970, or None when none is given."""
        if self.value is None:
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self._refusal("seconds since 1970")
        try:
            return datetime.fromtimestamp(self.value, UTC)
        except (ValueError, OverflowError, OSError):
            raise self._refusal("seconds since 1970") from None

    def time(self) -> datetime | None:
        """Return a time as in RFC 3339, in UTC, or None when none is given."""
        if not self.is_given():
            return None
        try:
            found = datetime.fromisoformat(self.text(expected="a time"))
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):  # the latter before the year 1, or after 9999
            raise self._refusal("a time as in RFC 3339") from None

    def _refusal(self, expected: str) -> InputError:
        return refusal(f"{self.path}: found {self._shown()}, expected {expected}")

    def _shown(self) -> str:
        """Return what was found, in short; of what may be nested too deep to be written out, only its kind."""
        match self.value:
            case None:
                return "nothing"
            case dict():
                return "a mapping"
            case list():
                return "a list"
            case found:
                return ascii(found)[:_SHOWN]


def refusal(message: str) -> InputError:
    """Return the error for a delivery that cannot be what it should be."""
    return InputError(Problem("payloadInvalid", message, remedy="check what is sent, and the receiver's provider"))
