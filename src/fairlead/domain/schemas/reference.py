"""What is published about the grammar: JSON schemas for editors, a page of all keys for people."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fairlead.domain.declaring.apps.keys import DESCRIPTOR
from fairlead.domain.declaring.environment_keys import ENVIRONMENTS_FILE
from fairlead.domain.declaring.lock_files import LOCK_FILE
from fairlead.domain.declaring.release_keys import RELEASES_FILE
from fairlead.domain.declaring.shapes import (
    Either,
    Field,
    Flag,
    ListOf,
    MapOf,
    PathText,
    Record,
    Shape,
    Structure,
    Text,
    Whole,
)
from fairlead.domain.schemas.jsonschema import app_schema, environments_schema, releases_schema, webhooks_schema
from fairlead.domain.webhooks.keys import WEBHOOKS_FILE

ENVIRONMENTS_SCHEMA = "src/fairlead/schemas/environments.json"
RELEASES_SCHEMA = "src/fairlead/schemas/releases.json"
WEBHOOKS_SCHEMA = "src/fairlead/schemas/webhooks.json"
APP_SCHEMA = "src/fairlead/schemas/app.json"
PAGE = "docs/reference/configuration-keys.md"
APP_PAGE = "docs/reference/descriptor-keys.md"


def generated() -> dict[str, str]:
    """Return the generated files by their path in the checkout."""
    return {
        ENVIRONMENTS_SCHEMA: json.dumps(environments_schema(), indent=2) + "\n",
        RELEASES_SCHEMA: json.dumps(releases_schema(), indent=2) + "\n",
        WEBHOOKS_SCHEMA: json.dumps(webhooks_schema(), indent=2) + "\n",
        APP_SCHEMA: json.dumps(app_schema(), indent=2) + "\n",
        PAGE: "\n".join(_page()) + "\n",
        APP_PAGE: "\n".join(_app_page()) + "\n",
    }


def _page() -> Iterator[str]:
    yield "# All keys of declared files"
    yield ""
    yield "Generated from the grammar that the reader uses; do not edit. Rules: [configuration](configuration.md)."
    shown = {DESCRIPTOR.name}  # has a page of its own
    for top in (ENVIRONMENTS_FILE, RELEASES_FILE, LOCK_FILE, WEBHOOKS_FILE):
        yield from _section(top, shown, 2)


def _app_page() -> Iterator[str]:
    yield "# All keys of descriptors"
    yield ""
    yield "Generated from the grammar that the reader uses; do not edit. Rules: [descriptors](descriptors.md)."
    yield from _section(DESCRIPTOR, set(), 2)


def _section(record: Record, shown: set[str], level: int) -> Iterator[str]:
    """Yield a record's table, then those of the records in it that were not shown before."""
    if record.name in shown or not record.fields:
        return
    shown.add(record.name)
    yield from ("", f"{'#' * level} {record.name}", "", f"{record.title}.", "")
    yield from ("| key | type | default | meaning |", "| --- | --- | --- | --- |")
    yield from (_row(field) for field in record.fields)
    for field in record.fields:
        for inner in _records(field.shape):
            yield from _section(inner, shown, 3)


def _row(field: Field) -> str:
    default = "required" if field.required else field.default or ""
    meaning = (
        field.description if field.without_effect is None else f"{field.description} Instead: {field.without_effect}."
    )
    return f"| `{field.key}` | {_type(field.shape)} | {default} | {meaning.replace('|', chr(92) + '|')} |"


def _text(shape: Text) -> str:
    if shape.bounds is not None:
        return f"{shape.bounds[0]} to {shape.bounds[1]}"
    return " or ".join(f"`{choice}`" for choice in shape.choices) or "text"


def _type(shape: Shape) -> str:  # noqa: PLR0911 - one case and one return per shape
    match shape:
        case Text():
            return _text(shape)
        case Flag():
            return "true or false"
        case Whole():
            return "whole number"
        case PathText():
            return "path"
        case Structure():
            return "any value"
        case ListOf():
            return f"list of {_type(shape.item)}"
        case MapOf():
            return "names and texts"
        case Either():
            return f"path or {_type(shape.record)}"
        case Record():
            page = APP_PAGE.rpartition("/")[2] if shape is DESCRIPTOR else ""
            return f"[{shape.name}]({page}#{shape.name.lower()})" if shape.fields else "`{}`"


def _records(shape: Shape) -> Iterator[Record]:
    match shape:
        case Record():
            yield shape
        case ListOf():
            yield from _records(shape.item)
        case Either():
            yield shape.record
        case _:
            return
