"""Version ranges as npm writes them: `^1.2`, `~1.2.3`, `1.x`, `>=1.2 <2 || 3 - 4`.

Grammar and meaning are those of https://github.com/npm/node-semver#ranges. Every form becomes comparators, of which
all in one alternative must hold. A range that names a pre-release lets in others of the same three numbers; any other
pre-release only counts where it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt

from fairlead.domain.upgrades.versions import WORDS, Precedence, Version

_LONGEST = 512
_NUMBER = r"[0-9]{1,16}|[xX*]"
_PARTIAL = rf"[v=]*({_NUMBER})(?:\.({_NUMBER})(?:\.({_NUMBER})(?:-({WORDS}))?(?:\+{WORDS})?)?)?"
_SIMPLE = re.compile(rf"(\^|~>?|>=|<=|>|<|=|)\s*{_PARTIAL}(?:\s+|$)", re.ASCII)
_HYPHEN = re.compile(rf"\s*{_PARTIAL}\s+-\s+{_PARTIAL}\s*", re.ASCII)
_ORDER: dict[str, Callable[[Precedence, Precedence], bool]] = {">=": ge, ">": gt, "<=": le, "<": lt, "=": eq}
_FIRST_PRE = (0,)  # what `-0` means: before every pre-release of these numbers


class BadRange(ValueError):
    """The text is no range; the message tells what is wrong."""


@dataclass(frozen=True, slots=True)
class Comparator:
    """One bound. `is_named` says that the range itself wrote a pre-release here."""

    operator: str
    version: Version
    is_named: bool = False

    def holds(self, version: Version) -> bool:
        """Tell whether a version keeps to the bound."""
        return _ORDER[self.operator](version.precedence, self.version.precedence)


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A range, as written and as comparators: any alternative will do."""

    text: str
    alternatives: tuple[tuple[Comparator, ...], ...]

    def holds(self, version: Version, *, prereleases: bool = False) -> bool:
        """Tell whether a version lies in the range; `prereleases` lets in those that it does not name."""
        return any(
            all(each.holds(version) for each in bounds) and (not version.pre or prereleases or _names(bounds, version))
            for bounds in self.alternatives
        )


@dataclass(frozen=True, slots=True)
class _Partial:
    """A version of which the last numbers may be left open (None)."""

    numbers: tuple[int, ...]
    pre: tuple[int | str, ...]

    @property
    def is_full(self) -> bool:
        return len(self.numbers) == 3

    def lowest(self) -> Version:
        """The first version it can mean: pre-releases included, unless all three numbers are written."""
        return _version(self.numbers, self.pre if self.is_full else _FIRST_PRE)

    def next_at(self, index: int) -> Version:
        """What comes after everything with these numbers up to `index`."""
        return _version((*self.numbers[:index], self.numbers[index] + 1), _FIRST_PRE)

    def after(self) -> Version:
        """What comes after everything that it can mean."""
        return self.next_at(len(self.numbers) - 1)


def parse_range(text: str) -> VersionRange:
    """Read a range.

    Raises:
        BadRange: it does not follow the grammar.
    """
    if len(text) > _LONGEST:
        raise BadRange(f"found {len(text)} characters, expected at most {_LONGEST}")
    return VersionRange(text, tuple(_alternative(part) for part in text.split("||")))


def _alternative(text: str) -> tuple[Comparator, ...]:
    if hyphen := _HYPHEN.fullmatch(text):
        groups = hyphen.groups()
        return (*_at_least(_partial(groups[:4])), *_at_most(_partial(groups[4:])))
    found: list[Comparator] = []
    rest = text.strip()
    while rest:
        simple = _SIMPLE.match(rest)
        if simple is None:
            raise BadRange(f"{rest[:40]!r} is no comparison of versions")
        found += _comparators(simple[1], _partial(simple.groups()[1:]))
        rest = rest[simple.end() :]
    return tuple(found)


def _partial(groups: tuple[str | None, ...]) -> _Partial:
    numbers: list[int] = []
    for group in groups[:3]:
        if group is None or not group.isdigit():
            break
        numbers.append(int(group))
    pre = tuple(int(word) if word.isdigit() else word for word in groups[3].split(".")) if groups[3] else ()
    return _Partial(tuple(numbers), pre if len(numbers) == 3 else ())


def _comparators(operator: str, partial: _Partial) -> Iterator[Comparator]:
    """Write out what an operator in front of a version means."""
    if not partial.numbers:
        if operator in ("<", ">"):
            yield Comparator("<", _version((0,), _FIRST_PRE))
        return
    match operator:
        case "^":
            yield from _at_least(partial)
            yield Comparator("<", partial.next_at(_leading(partial.numbers)))
        case "~" | "~>":
            yield from _at_least(partial)
            yield Comparator("<", partial.next_at(min(len(partial.numbers) - 1, 1)))
        case ">=":
            yield from _at_least(partial)
        case "<=":
            yield from _at_most(partial)
        case ">" | "<":
            yield _beyond(operator, partial)
        case _ if partial.is_full:
            yield Comparator("=", partial.lowest(), bool(partial.pre))
        case _:
            yield from (*_at_least(partial), *_at_most(partial))


def _beyond(operator: str, partial: _Partial) -> Comparator:
    """Return the bound of `<` or `>`: of an open version, everything that it can mean lies on the other side."""
    if operator == ">" and not partial.is_full:
        return Comparator(">=", partial.after())
    return Comparator(operator, partial.lowest(), bool(partial.pre))


def _at_least(partial: _Partial) -> Iterator[Comparator]:
    if partial.numbers:
        yield Comparator(">=", partial.lowest(), bool(partial.pre))


def _at_most(partial: _Partial) -> Iterator[Comparator]:
    if partial.is_full:
        yield Comparator("<=", partial.lowest(), bool(partial.pre))
    elif partial.numbers:
        yield Comparator("<", partial.after())


def _leading(numbers: tuple[int, ...]) -> int:
    """Return the index of the number that a caret keeps: the first that is not 0, or the last one written."""
    return next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)


def _names(bounds: tuple[Comparator, ...], version: Version) -> bool:
    return any(each.is_named and _triple(each.version) == _triple(version) for each in bounds)


def _triple(version: Version) -> tuple[int, int, int]:
    return version.major, version.minor, version.patch


def _version(numbers: tuple[int, ...], pre: tuple[int | str, ...]) -> Version:
    major, minor, patch = (*numbers, 0, 0)[:3]
    return Version("", major, minor, patch, pre, 3)
