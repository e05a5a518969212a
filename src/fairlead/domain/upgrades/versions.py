"""Versions in tags and of charts: `[v]X[.Y[.Z]][-PRERELEASE][+BUILD]`, what is missing counts as 0.

Order is that of Semantic Versioning 2.0, section 11: build metadata does not count, a pre-release comes before its
version, numbers in it compare as numbers and before words. Numbers have at most 63 bits, as in KubeCD.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

Precedence = tuple[int, int, int, tuple[tuple[int, int | str], ...]]

_LONGEST = 256
_LARGEST = 2**63 - 1
WORDS: Final = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
"""What may follow `-` or `+`."""
_VERSION = re.compile(
    rf"v{{0,2}}([0-9]{{1,19}})(?:\.([0-9]{{1,19}}))?(?:\.([0-9]{{1,19}}))?(?:-({WORDS}))?(?:\+{WORDS})?", re.ASCII
)
_DATE_DIGITS = 6
_DATE_MAJOR = 10000
_STABLE = ((2, 0),)


@dataclass(frozen=True, slots=True)
class Version:
    """A version, and the text it was read from. `parts` says how many numbers were written."""

    text: str
    major: int
    minor: int
    patch: int
    pre: tuple[int | str, ...]
    parts: int

    @property
    def precedence(self) -> Precedence:
        """What compares as the version does; equal for two spellings of one version."""
        pre = tuple((0, one) if isinstance(one, int) else (1, one) for one in self.pre)
        return self.major, self.minor, self.patch, pre or _STABLE

    @property
    def is_date(self) -> bool:
        """Whether this is a date or a hash of digits rather than a version: 20260131, 123456, 20260131.2."""
        return (self.text.isdigit() and len(self.text) >= _DATE_DIGITS) or self.major >= _DATE_MAJOR

    def spelled_like(self, other: Version) -> tuple[bool, bool]:
        """Tell how much two spellings have in common, the most telling first: the leading v, how many numbers."""
        return _marked(self.text) == _marked(other.text), self.parts == other.parts


def parse_version(text: str) -> Version | None:
    """Return the version that a text is, None when it is none."""
    found = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    numbers = [int(number) for number in found.groups()[:3] if number is not None]
    if max(numbers) > _LARGEST:
        return None
    major, minor, patch = (*numbers, 0, 0)[:3]
    words = found[4].split(".") if found[4] else []
    pre = tuple(int(word) if word.isdigit() else word for word in words)
    return Version(text, major, minor, patch, pre, len(numbers))


def same_version(one: str, other: str) -> bool:
    """Tell whether two texts are the same, or spellings of the same version."""
    first, second = parse_version(one), parse_version(other)
    return one == other or (first is not None and second is not None and first.precedence == second.precedence)


def _marked(text: str) -> bool:
    return text.startswith("v")
