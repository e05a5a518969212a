"""What the reader found in a file: checked against the grammar, not yet given a meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.domain.config import Place
from fairlead.domain.declaring.shapes import PathRole
from fairlead.domain.documents import Node


@dataclass(frozen=True, slots=True)
class PathRequest:
    """A path to resolve: what it must lead to, the directory it is relative to (below the root), its text."""

    role: PathRole
    directory: str
    text: str


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text as written."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class FoundFlag:
    """True or false."""

    value: bool
    place: Place


@dataclass(frozen=True, slots=True)
class FoundWhole:
    """A whole number."""

    value: int
    place: Place


@dataclass(frozen=True, slots=True)
class FoundPath:
    """A path, still to be resolved."""

    request: PathRequest
    place: Place


@dataclass(frozen=True, slots=True)
class FoundList:
    """The good items of a list; those with mistakes are left out, and then `sound` is False."""

    items: tuple[Found, ...]
    place: Place
    sound: bool = True


@dataclass(frozen=True, slots=True)
class FoundMap:
    """Free names and their texts."""

    items: tuple[tuple[str, str], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class FoundStructure:
    """Any value, as nodes."""

    node: Node
    place: Place


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A mapping; keys with mistakes are left out. `sound` is False when something in it was wrong.

    An open one, which may hold more than its known keys, has all of it in `node`.
    """

    fields: dict[str, Found]
    place: Place
    sound: bool = True
    node: Node | None = None

    def text(self, key: str) -> str | None:
        """Return a text field."""
        found = self.fields.get(key)
        return found.text if isinstance(found, FoundText) else None

    def whole(self, key: str) -> int | None:
        """Return a whole number."""
        found = self.fields.get(key)
        return found.value if isinstance(found, FoundWhole) else None

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return a field that is true or false, the default where it is not set."""
        found = self.fields.get(key)
        return found.value if isinstance(found, FoundFlag) else default

    def record(self, key: str) -> FoundRecord | None:
        """Return a field that is a record."""
        found = self.fields.get(key)
        return found if isinstance(found, FoundRecord) else None

    def path(self, key: str) -> FoundPath | None:
        """Return a field that is a path."""
        found = self.fields.get(key)
        return found if isinstance(found, FoundPath) else None

    def structure(self, key: str) -> FoundStructure | None:
        """Return a field of any kind."""
        found = self.fields.get(key)
        return found if isinstance(found, FoundStructure) else None

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return the names and texts of a field."""
        found = self.fields.get(key)
        return found.items if isinstance(found, FoundMap) else ()

    def items(self, key: str) -> tuple[Found, ...]:
        """Return the items of a list; none when it is absent."""
        found = self.fields.get(key)
        return found.items if isinstance(found, FoundList) else ()

    def records(self, key: str) -> Iterator[FoundRecord]:
        """Yield the items of a list that are records."""
        return (item for item in self.items(key) if isinstance(item, FoundRecord))

    def texts(self, key: str) -> Iterator[FoundText]:
        """Yield the items of a list that are texts."""
        return (item for item in self.items(key) if isinstance(item, FoundText))

    def paths(self, key: str) -> Iterator[FoundPath]:
        """Yield the items of a list that are paths."""
        return (item for item in self.items(key) if isinstance(item, FoundPath))

    def at(self, key: str) -> Place:
        """Return where a key's value stands, or the record itself when the key is absent."""
        found = self.fields.get(key)
        return found.place if found is not None else self.place


Found = FoundText | FoundWhole | FoundFlag | FoundPath | FoundList | FoundMap | FoundStructure | FoundRecord


def is_sound(found: Found) -> bool:
    """Tell whether nothing was wrong in it, nor in anything below."""
    match found:
        case FoundRecord():
            return found.sound and all(is_sound(inner) for inner in found.fields.values())
        case FoundList():
            return found.sound and all(is_sound(item) for item in found.items)
        case _:
            return True


def paths_in(found: Found) -> Iterator[FoundPath]:
    """Yield every path below, in the order of the file."""
    match found:
        case FoundPath():
            yield found
        case FoundList():
            for item in found.items:
                yield from paths_in(item)
        case FoundRecord():
            for field in found.fields.values():
                yield from paths_in(field)
        case _:
            return
