"""The two dialects as builders: nodes that keep source text, and plain values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fairlead.domain.documents import MappingNode, Node, ScalarNode, SequenceNode
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.resolving import Unreadable, key_text, scalar_value
from fairlead.doors.yaml_composing import Pair, position

_PLAIN_STYLES = ("", None)


class NodeBuilder:
    """Builds nodes for declared files. Repeated keys are noted in `problems`; the first one is kept."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.problems: list[Problem] = []

    def scalar(self, event: Any, tag: str | None) -> Node:
        """Keep the text and where it stands."""
        mark = event.start_mark
        plain = event.style in _PLAIN_STYLES and tag != "!"
        return ScalarNode(event.value, plain, mark.line + 1, mark.column + 1, None if tag == "!" else tag)

    key = scalar

    def sequence(self, items: list[Node], event: Any) -> Node:
        """Keep the items in order."""
        return SequenceNode(tuple(items), *position(event.start_mark))

    def mapping(self, pairs: list[Pair[Node, Node]], event: Any) -> Node:
        """Keep the entries in order, those of merged mappings where the merge key stands."""
        line, column = position(event.start_mark)
        entries: dict[str, tuple[ScalarNode, Node]] = {}
        written: set[str] = set()
        for key, value, key_event in pairs:
            assert isinstance(key, ScalarNode)
            if key.text == "<<" and key.plain and key.tag is None:
                for source in _merged(value, key_event, self._file):
                    entries.update((inner.text, (inner, under)) for inner, under in source.entries)
                continue
            if key.text in written:
                self.problems.append(_duplicate(key.text, key_event, self._file))
                continue
            written.add(key.text)
            entries[key.text] = (key, value)
        return MappingNode(tuple(entries.values()), line, column)


def _merged(value: Node, event: Any, file: str) -> Iterable[MappingNode]:
    """Return the mappings that a merge key names, the strongest last."""
    sources = value.items if isinstance(value, SequenceNode) else (value,)
    mappings = [source for source in sources if isinstance(source, MappingNode)]
    if len(mappings) != len(sources):
        raise _bad_merge(event, file)
    return reversed(mappings)


class _MergeKey:
    """Stands for an unquoted `<<` among the keys."""


_MERGE: Final = _MergeKey()


class ObjectBuilder:
    """Builds plain values. With `duplicates`, the last of repeated keys counts."""

    def __init__(self, file: str, *, duplicates: bool) -> None:
        self._file = file
        self._duplicates = duplicates

    def scalar(self, event: Any, tag: str | None) -> Any:
        """Resolve a scalar."""
        if tag is None and event.style not in _PLAIN_STYLES:
            return event.value
        try:
            return scalar_value(event.value, None if tag == "!" else tag, plain=tag != "!")
        except Unreadable as error:
            raise self._invalid(event, str(error)) from None

    def key(self, event: Any, tag: str | None) -> str | _MergeKey:
        """Resolve a key."""
        plain = event.style in _PLAIN_STYLES and tag != "!"
        if plain and tag is None and event.value == "<<":
            return _MERGE
        try:
            return key_text(event.value, None if tag == "!" else tag, plain=plain)
        except Unreadable as error:
            raise self._invalid(event, str(error)) from None

    def sequence(self, items: list[Any], _event: Any) -> Any:
        """Return the list itself."""
        return items

    def mapping(self, pairs: list[Pair[str | _MergeKey, Any]], _event: Any) -> Any:
        """Return a dict in the order of the keys."""
        result = {key: value for key, value, _ in pairs}
        if len(result) == len(pairs) and _MERGE not in result:
            return result
        return self._folded(pairs)

    def _folded(self, pairs: list[Pair[str | _MergeKey, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        written: set[str] = set()
        for key, value, event in pairs:
            if isinstance(key, _MergeKey):
                for source in reversed(value if isinstance(value, list) else [value]):
                    if not isinstance(source, dict):
                        raise _bad_merge(event, self._file)
                    result.update(source)
                continue
            if key in written and not self._duplicates:
                raise InputError(_duplicate(key, event, self._file))
            written.add(key)
            result[key] = value
        return result

    def _invalid(self, event: Any, message: str) -> InputError:
        line, column = position(event.start_mark)
        return InputError(Problem("invalidScalar", message, self._file, line, column, remedy="write it in quotes"))


def _duplicate(key: str, event: Any, file: str) -> Problem:
    line, column = position(event.start_mark)
    message = f"the key {key!r} stands here a second time"
    return Problem("duplicateKey", message, file, line, column, remedy="keep one of them")


def _bad_merge(event: Any, file: str) -> InputError:
    line, column = position(event.start_mark)
    message = "a merge key (<<) needs a mapping or a list of mappings"
    return InputError(Problem("yamlSyntax", message, file, line, column, remedy="write *NAME of an anchored mapping"))
