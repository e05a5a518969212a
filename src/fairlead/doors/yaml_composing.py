"""From libyaml's events to values, under limits. `yaml` holds the readers that people call.

Every node is counted, also each time an alias repeats it, so that a few hundred bytes cannot grow into gigabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, Protocol, TypeVar

import yaml  # noqa: TID251 - half of the door the ban points to

from fairlead.domain.errors import InputError, Problem

T = TypeVar("T")
K = TypeVar("K")
Pair = tuple[K, T, Any]

# Without libyaml (a platform for which PyYAML has no wheel) PyYAML's own parser yields the same events, slower.
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset({"str", "int", "float", "bool", "null", "binary", "timestamp"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a document may be. `size` is bytes, `nodes` counts scalars, lists and mappings, aliases expanded."""

    size: int
    nodes: int
    documents: int = 1
    depth: int = 200


class Builder(Protocol[K, T]):
    """Makes values (T) and keys (K) of one dialect."""

    def scalar(self, event: Any, tag: str | None, /) -> T:
        """Make a scalar. `tag` is the short name of an explicit core tag, `!` for the non-specific one."""
        ...

    def key(self, event: Any, tag: str | None, /) -> K:
        """Make a mapping's key."""
        ...

    def sequence(self, items: list[T], event: Any, /) -> T:
        """Make a list."""
        ...

    def mapping(self, pairs: list[Pair[K, T]], event: Any, /) -> T:
        """Make a mapping from keys, values and the keys' events; judges duplicates and folds in merge keys."""
        ...


def position(mark: Any) -> tuple[int, int]:
    """Return line and column of a libyaml mark, counted from 1."""
    return mark.line + 1, mark.column + 1


@dataclass(slots=True)
class _Anchor(Generic[T]):
    """A named node; `value` is missing while the node is still being read."""

    nodes: int = 0
    value: T | None = None
    complete: bool = False


class Composer(Generic[K, T]):
    """Reads one text."""

    def __init__(self, text: str, file: str, limits: Limits, builder: Builder[K, T]) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_PARSER)
        self._next: Callable[[], Any] = self._events.__next__
        self._file = file
        self._limits = limits
        self._builder = builder
        self._anchors: dict[str, _Anchor[T]] = {}
        self._count = 0

    def documents(self) -> Iterator[tuple[T, int]]:
        """Yield each document and the line it starts on."""
        seen = 0
        for event in self._events:
            if type(event) is not yaml.DocumentStartEvent:
                continue
            seen += 1
            if seen > self._limits.documents:
                self._fail(event, "yamlTooLarge", f"found more than {seen - 1} YAML documents", "split the file")
            self._anchors = {}
            first = self._next()
            yield self._node(first, 1), first.start_mark.line + 1

    def _node(self, event: Any, depth: int) -> T:
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        self._count += 1
        if self._count > self._limits.nodes or depth > self._limits.depth:
            self._too_large(event, depth)
        before = self._count
        anchor = None
        if event.anchor is not None:
            anchor = self._anchors[event.anchor] = _Anchor()
        value = self._scalar(event) if kind is yaml.ScalarEvent else self._collection(event, depth)
        if anchor is not None:
            anchor.value, anchor.complete, anchor.nodes = value, True, self._count - before + 1
        return value

    def _scalar(self, event: Any) -> T:
        tag = event.tag
        return self._builder.scalar(event, None if tag is None else self._short_tag(event, _SCALAR_TAGS))

    def _collection(self, event: Any, depth: int) -> T:
        following = self._next
        if type(event) is yaml.SequenceStartEvent:
            if event.tag is not None:
                self._short_tag(event, frozenset({"seq"}))
            items = []
            while type(inner := following()) is not yaml.SequenceEndEvent:
                items.append(self._node(inner, depth + 1))
            return self._builder.sequence(items, event)
        if event.tag is not None:
            self._short_tag(event, frozenset({"map"}))
        pairs = []
        while type(inner := following()) is not yaml.MappingEndEvent:
            key = self._key(inner, depth)
            pairs.append((key, self._node(following(), depth + 1), inner))
        return self._builder.mapping(pairs, event)

    def _key(self, event: Any, depth: int) -> K:
        if type(event) is not yaml.ScalarEvent:
            self._fail(event, "complexKey", "a key must be a text, not a list, a mapping or an alias", "write it out")
        if event.anchor is not None:
            self._node(event, depth)
        tag = event.tag
        return self._builder.key(event, None if tag is None else self._short_tag(event, _SCALAR_TAGS))

    def _alias(self, event: Any) -> T:
        anchor = self._anchors.get(event.anchor)
        if anchor is None:
            self._fail(event, "yamlSyntax", f"the alias *{event.anchor} has no anchor before it", "write it out")
        if not anchor.complete:
            self._fail(event, "aliasLoop", f"the alias *{event.anchor} contains itself", "write it out")
        self._count += anchor.nodes
        if self._count > self._limits.nodes:
            self._too_large(event, 0)
        return anchor.value  # type: ignore[return-value] # complete, so it is a T

    def _short_tag(self, event: Any, allowed: frozenset[str]) -> str:
        tag: str = event.tag
        if tag == "!":
            return tag
        short = tag.removeprefix(_CORE)
        if short not in allowed or short == tag:
            self._fail(
                event,
                "customTag",
                f"found the tag {_shown_tag(tag)}, which is not one of YAML's own for this kind of value",
                "remove the tag",
            )
        return short

    def _too_large(self, event: Any, depth: int) -> NoReturn:
        what = (
            f"is nested deeper than {self._limits.depth} levels"
            if depth > self._limits.depth
            else f"holds more than {self._limits.nodes} values, aliases expanded"
        )
        self._fail(event, "yamlTooLarge", f"the document {what}", "split it, or write less with aliases")

    def _fail(self, event: Any, code: str, message: str, remedy: str) -> NoReturn:
        line, column = position(event.start_mark)
        raise InputError(Problem(code=code, message=message, file=self._file, line=line, column=column, remedy=remedy))


def _shown_tag(tag: str) -> str:
    return "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
