"""The grammar of declared files, as data. The reader and the published JSON schemas are both made from it.

Shape = Text | Whole | Flag | PathText | ListOf | MapOf | Structure | Either | Record
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

NUMBER: Final = "[1-9][0-9]{0,8}"


@dataclass(frozen=True, slots=True)
class Text:
    """A text, kept as written. `pattern` must match as a whole; `expected` says in words what it demands.

    With `bounds` it is a whole number between the two, both included.
    `exact` demands that Kubernetes, too, reads a text there: `8080` without quotes is none.
    """

    pattern: str | None = None
    expected: str = "a text"
    choices: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None
    exact: bool = False

    def accepts(self, text: str) -> bool:
        """Tell whether a text follows the pattern and is one of the choices, or within the bounds."""
        if self.choices:
            return text in self.choices
        if self.bounds is not None:
            return re.fullmatch(NUMBER, text) is not None and self.bounds[0] <= int(text) <= self.bounds[1]
        return self.pattern is None or re.fullmatch(self.pattern, text) is not None


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two bounds, both included."""

    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


class PathRole(StrEnum):
    """What a path must lead to."""

    RELEASES_FILE = "releases file"
    VALUES_FILE = "values file"
    CHART_DIR = "chart directory"
    KUSTOMIZATION_DIR = "kustomization directory"
    MANIFESTS = "manifests"


@dataclass(frozen=True, slots=True)
class PathText:
    """A path, relative to the directory of the file it stands in."""

    role: PathRole


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; nothing at all counts as empty."""

    item: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping from free names to texts."""

    key: Text
    value: Text


@dataclass(frozen=True, slots=True)
class Structure:
    """Any value, read as Helm and kubectl would."""


@dataclass(frozen=True, slots=True)
class Either:
    """A text-like form or a record; which one it is shows in the YAML."""

    scalar: PathText
    record: Record


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a record. `without_effect` marks a key of KubeCD that is accepted but does nothing: what to do."""

    key: str
    shape: Shape
    description: str
    required: bool = False
    default: str | None = None
    without_effect: str | None = None


@dataclass(frozen=True, slots=True)
class OneOf:
    """Of these keys exactly one must be present."""

    keys: tuple[str, ...]
    code: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with known keys. `name` is its name in the schema; `former` maps older keys to what to do now.

    An `open` one may hold other keys, too: parts of Kubernetes objects, of which we name only what we use.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    one_of: tuple[OneOf, ...] = ()
    former: tuple[tuple[str, str], ...] = ()
    open: bool = False
    by_key: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {each.key: each for each in self.fields})


Shape = Text | Whole | Flag | PathText | ListOf | MapOf | Structure | Either | Record
