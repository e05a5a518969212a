"""A YAML document as its author wrote it: source text and marks, nothing interpreted yet.

Declared files are read into these nodes, so that `1.10` stays `1.10` and every mistake can be located.
Lines and columns count from 1. Aliases are already followed and merge keys (`<<`) already folded in.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.errors import Problem


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A text. `plain` says that it stood without quotes; `tag` is an explicit core tag such as `str`."""

    text: str
    plain: bool
    line: int
    column: int
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list."""

    items: tuple[Node, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys and values in the order they were written; keys are unique by their text."""

    entries: tuple[tuple[ScalarNode, Node], ...]
    line: int
    column: int


Node = ScalarNode | SequenceNode | MappingNode


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read. `root` is None when nothing is in it; `problems` are the mistakes that reading could go past."""

    root: Node | None
    problems: tuple[Problem, ...] = ()
