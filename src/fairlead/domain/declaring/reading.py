"""Checks a document against the grammar: keys, types, patterns, choices, which keys go together."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from fairlead.domain.config import Place
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import (
    Found,
    FoundFlag,
    FoundList,
    FoundMap,
    FoundPath,
    FoundRecord,
    FoundStructure,
    FoundText,
    FoundWhole,
    PathRequest,
)
from fairlead.domain.declaring.quoting import quoted
from fairlead.domain.declaring.shapes import (
    Either,
    Field,
    Flag,
    ListOf,
    MapOf,
    OneOf,
    PathText,
    Record,
    Shape,
    Structure,
    Text,
    Whole,
)
from fairlead.domain.documents import MappingNode, Node, ScalarNode, SequenceNode
from fairlead.domain.resolving import Unreadable, is_null, scalar_value
from fairlead.domain.scalars import Scalar
from fairlead.domain.suggesting import near


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one file. `file` is relative to the repository root."""

    file: str
    findings: Findings

    def read(self, node: Node, shape: Shape, path: str = "") -> Found | None:  # noqa: PLR0911 - one return per shape
        """Return what a node holds, or None after noting why it cannot be that."""
        match shape:
            case Record():
                return self._record(node, shape, path)
            case ListOf():
                return self._list(node, shape, path)
            case MapOf():
                return self._map(node, shape, path)
            case Either():
                return self.read(node, shape.scalar if isinstance(node, ScalarNode) else shape.record, path)
            case Flag():
                return self._flag(node, path)
            case Whole():
                return self._whole(node, shape, path)
            case Structure():
                return FoundStructure(node, self._place(node, path))
            case Text() | PathText():
                return self._scalar(node, shape, path)

    def _place(self, node: Node, path: str) -> Place:
        return Place(self.file, node.line, node.column, path)

    def _wrong_type(self, node: Node, path: str, expected: str) -> None:
        self.findings.error(
            self._place(node, path),
            "wrongType",
            f"found {describe(node)}, expected {expected}",
            _TYPE_REMEDIES.get(expected, f"write {expected} here"),
        )

    def _scalar(self, node: Node, shape: Text | PathText, path: str) -> Found | None:
        place = self._place(node, path)
        if not isinstance(node, ScalarNode) or is_null(node):
            expected = shape.expected if isinstance(shape, Text) and not shape.choices else "a text"
            self._wrong_type(node, path, "a path" if isinstance(shape, PathText) else expected)
            return None
        if isinstance(shape, Text) and shape.exact and not isinstance(_value(node), str):
            self._wrong_type(node, path, "a text in quotes")
            return None
        if isinstance(shape, PathText):
            return FoundPath(PathRequest(shape.role, posixpath.dirname(self.file), node.text), place)
        if not shape.accepts(node.text):
            remedy = (
                near(node.text, shape.choices, otherwise="write one of") if shape.choices else f"write {shape.expected}"
            )
            self.findings.error(place, "invalidValue", f"found {quoted(node.text)}, expected {shape.expected}", remedy)
            return None
        return FoundText(node.text, place)

    def _flag(self, node: Node, path: str) -> Found | None:
        value = _value(node)
        if isinstance(value, bool):
            return FoundFlag(value, self._place(node, path))
        self._wrong_type(node, path, "true or false")
        return None

    def _whole(self, node: Node, shape: Whole, path: str) -> Found | None:
        value = _value(node)
        if isinstance(value, int) and not isinstance(value, bool) and shape.minimum <= value <= shape.maximum:
            return FoundWhole(value, self._place(node, path))
        bounds = "" if shape.minimum == -shape.maximum else f" from {shape.minimum} to {shape.maximum}"
        self._wrong_type(node, path, f"a whole number{bounds}")
        return None

    def _list(self, node: Node, shape: ListOf, path: str) -> Found | None:
        place = self._place(node, path)
        if is_null(node):
            return FoundList((), place)
        if not isinstance(node, SequenceNode):
            self._wrong_type(node, path, "a list")
            return None
        items = [self.read(item, shape.item, f"{path}[{n}]") for n, item in enumerate(node.items)]
        good = tuple(item for item in items if item is not None)
        return FoundList(good, place, len(good) == len(items))

    def _map(self, node: Node, shape: MapOf, path: str) -> Found | None:
        if not isinstance(node, MappingNode):
            self._wrong_type(node, path, "a mapping")
            return None
        pairs: list[tuple[str, str]] = []
        for key, value in node.entries:
            inner = _below(path, key.text)
            name = self._scalar(key, shape.key, inner)
            text = self._scalar(value, shape.value, inner)
            if isinstance(name, FoundText) and isinstance(text, FoundText):
                pairs.append((name.text, text.text))
        return FoundMap(tuple(pairs), self._place(node, path))

    def _record(self, node: Node, shape: Record, path: str) -> Found | None:
        place = self._place(node, path)
        if not isinstance(node, MappingNode):
            self._wrong_type(node, path, "a mapping")
            return None
        fields: dict[str, Found] = {}
        sound = True
        for key, value in node.entries:
            field = shape.by_key.get(key.text)
            if field is None and shape.open:
                continue
            if field is None:
                self._unknown_key(key, shape, path)
                sound = False
            elif (found := self._field(key, value, field, path)) is not None:
                fields[key.text] = found
            else:
                sound = sound and self._means_absent(value, field)
        sound = self._together(node, shape, place) and sound
        return FoundRecord(fields, place, sound, node if shape.open else None)

    def _field(self, key: ScalarNode, value: Node, field: Field, path: str) -> Found | None:
        inner = _below(path, field.key)
        if field.without_effect is not None:
            place = self._place(key, inner)
            message = f"{field.key} has no effect"
            self.findings.warning(place, "withoutEffect", message, field.without_effect)
            return None
        if self._means_absent(value, field):
            return None
        return self.read(value, field.shape, inner)

    @staticmethod
    def _means_absent(value: Node, field: Field) -> bool:
        """A record without a body is no record, as in KubeCD: `minikube:` names no provider, `minikube: {}` does."""
        return field.without_effect is not None or (isinstance(field.shape, Record) and is_null(value))

    def _unknown_key(self, key: ScalarNode, shape: Record, path: str) -> None:
        remedy = dict(shape.former).get(key.text)
        if remedy is None:
            known = [field.key for field in shape.fields if field.without_effect is None]
            remedy = near(key.text, known, otherwise="known keys are")
        self.findings.error(
            self._place(key, _below(path, key.text)),
            "unknownKey",
            f"found the key {quoted(key.text)}, which means nothing here",
            remedy,
        )

    def _together(self, node: MappingNode, shape: Record, place: Place) -> bool:
        """Check which keys must be there, and which exclude each other."""
        present = {
            key.text
            for key, value in node.entries
            if key.text in shape.by_key
            and not self._means_absent(value, shape.by_key[key.text])
            and not (isinstance(value, SequenceNode) and not value.items)
        }
        written = {key.text for key, _ in node.entries}
        sound = True
        for field in shape.fields:
            if field.required and field.key not in (present if isinstance(field.shape, Record) else written):
                what = field.description[:1].lower() + field.description[1:].removesuffix(".")
                self.findings.error(place, "missingKey", f"found no {field.key}", f"add {field.key}: {what}")
                sound = False
        # An unknown key is probably the one that is missing, mistyped, and reported already.
        mistyped = bool(written - shape.by_key.keys())
        for rule in shape.one_of:
            sound = self._exclusive(rule, present, place, mistyped=mistyped) and sound
        return sound

    def _exclusive(self, rule: OneOf, present: set[str], place: Place, *, mistyped: bool) -> bool:
        found = [key for key in rule.keys if key in present]
        if len(found) == 1:
            return True
        if not found and mistyped:
            return False
        what = " and ".join(found) if found else f"none of {', '.join(rule.keys)}"
        self.findings.error(place, rule.code, f"found {what}, expected exactly one", rule.remedy)
        return False


_TYPE_REMEDIES = {
    "a list": "start each item with a dash",
    "a mapping": "write `key: value` lines, or {} for an empty one",
    "true or false": "write true or false without quotes",
}


def _value(node: Node) -> Scalar:
    """Return what a scalar means to Kubernetes; None for what is none, or not readable."""
    if not isinstance(node, ScalarNode):
        return None
    try:
        return scalar_value(node.text, node.tag, plain=node.plain)
    except Unreadable:
        return None


def describe(node: Node) -> str:
    """Return what a node is, in words for an error."""
    match node:
        case SequenceNode():
            return "a list"
        case MappingNode():
            return "a mapping"
        case ScalarNode() if is_null(node):
            return "nothing"
        case ScalarNode():
            return f"the {_kind(node)} {quoted(node.text)}"


def _kind(node: ScalarNode) -> str:
    match _value(node):
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case _:
            return "text"


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
