"""The published JSON schemas (2020-12), made from the grammar that the reader uses.

Editors read YAML by its own rules and see `1.10` as a number, where we keep the text: a text here may therefore be a
number or boolean in the schema. Patterns and choices still hold for what an editor sees as a text.
"""

from __future__ import annotations

from typing import Any

from fairlead.domain.declaring.apps.keys import DESCRIPTOR
from fairlead.domain.declaring.environment_keys import ENVIRONMENTS_FILE
from fairlead.domain.declaring.release_keys import RELEASES_FILE
from fairlead.domain.declaring.shapes import (
    NUMBER,
    Either,
    Field,
    Flag,
    ListOf,
    MapOf,
    PathRole,
    PathText,
    Record,
    Shape,
    Structure,
    Text,
    Whole,
)
from fairlead.domain.webhooks.keys import WEBHOOKS_FILE

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def environments_schema() -> dict[str, Any]:
    """Return the schema of environments files."""
    return _document(ENVIRONMENTS_FILE)


def releases_schema() -> dict[str, Any]:
    """Return the schema of release files."""
    return _document(RELEASES_FILE)


def webhooks_schema() -> dict[str, Any]:
    """Return the schema of files that declare receivers of webhooks."""
    return _document(WEBHOOKS_FILE)


def app_schema() -> dict[str, Any]:
    """Return the schema of a file that holds one descriptor of an app."""
    return _document(DESCRIPTOR)


def _document(record: Record) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    body = _record(record, definitions)
    return {"$schema": DIALECT, **body, "$defs": dict(sorted(definitions.items()))}


def _schema(shape: Shape, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: PLR0911 - one return per shape
    match shape:
        case Text():
            return _text(shape)
        case PathText():
            return {"type": ["string", "number", "boolean"], "description": _ROLES[shape.role]}
        case Flag():
            return {"type": "boolean"}
        case Whole():
            return {"type": "integer", "minimum": shape.minimum, "maximum": shape.maximum}
        case Structure():
            return {}
        case ListOf():
            return {"type": ["array", "null"], "items": _schema(shape.item, definitions)}
        case MapOf():
            return {
                "type": "object",
                "propertyNames": _text(shape.key),
                "additionalProperties": _text(shape.value),
            }
        case Either():
            return {"anyOf": [_schema(shape.scalar, definitions), _schema(shape.record, definitions)]}
        case Record():
            return _reference(shape, definitions)


_ROLES = {
    PathRole.RELEASES_FILE: "Path of a release file.",
    PathRole.VALUES_FILE: "Path of a Helm values file.",
    PathRole.CHART_DIR: "Path of a chart's directory.",
    PathRole.KUSTOMIZATION_DIR: "Path of a kustomization's directory.",
    PathRole.MANIFESTS: "Path of a manifest file or of a directory of them, or a glob.",
}


def _text(shape: Text) -> dict[str, Any]:
    if shape.choices:
        return {"enum": list(shape.choices)}
    if shape.bounds is not None:
        low, high = shape.bounds
        return {"type": ["integer", "string"], "minimum": low, "maximum": high, "pattern": f"^(?:{NUMBER})$"}
    pattern = {"pattern": f"^(?:{shape.pattern})$"} if shape.pattern is not None else {}
    return {"type": "string" if shape.exact else ["string", "number", "boolean"], **pattern}


def _reference(record: Record, definitions: dict[str, Any]) -> dict[str, Any]:
    if record.name not in definitions:
        definitions[record.name] = {}
        definitions[record.name] = _record(record, definitions)
    return {"$ref": f"#/$defs/{record.name}"}


def _record(record: Record, definitions: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "title": record.title,
        "type": "object",
        "properties": {field.key: _property(field, definitions) for field in record.fields},
        "additionalProperties": record.open,
    }
    required = [field.key for field in record.fields if field.required]
    if required:
        body["required"] = required
    rules = [{"oneOf": [_present(key, record.by_key[key]) for key in rule.keys]} for rule in record.one_of]
    if rules:
        body["allOf"] = rules
    return body


def _present(key: str, field: Field) -> dict[str, Any]:
    """A key counts when it is there, lists only when they hold something, records only with a body."""
    present: dict[str, Any] = {"required": [key]}
    if isinstance(field.shape, ListOf):
        present["properties"] = {key: {"type": "array", "minItems": 1}}
    if isinstance(field.shape, Record):
        present["properties"] = {key: {"type": "object"}}
    return present


def _property(field: Field, definitions: dict[str, Any]) -> dict[str, Any]:
    body = _schema(field.shape, definitions)
    if isinstance(field.shape, Record) and not field.required:
        body = {"anyOf": [body, {"type": "null"}]}
    body["description"] = field.description + (f" Default: {field.default}." if field.default else "")
    if field.without_effect is not None:
        body["deprecated"] = True
    return body
