"""The reference page of the API, made from its own description.

`python -m fairlead.server.api.reference ROOT` writes it into a checkout; a test keeps it up to date.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from fairlead.server.api.app import bare
from fairlead.server.api.routing import ACTION, ROLE

PAGE: Final = "docs/reference/api.md"
DESCRIPTION: Final = "docs/reference/openapi.json"
_HEAD: Final = """\
# The API

Generated from the API's own description; do not edit. The whole description is [OpenAPI 3.1](openapi.json), which a
server shows at `/api/v1/openapi.json`. How to use it: [Run a server](../how-to/run-a-server.md).

- A token is shown as `Authorization: Bearer TOKEN`. `role` is the least that a route needs; what is outside of the
  token's scope is answered with 404, as if there were no such thing, and left out of lists.
- What is wrong is `application/problem+json` (RFC 9457): `status`, `code` (stable), `detail`, `path`, `remedy`, and in
  `errors` every problem.
- What was read has an `ETag`; with `If-Match` a change is refused (412) if somebody was faster.
- With an `Idempotency-Key` a change is done once, however often it is sent, and answered as the first time: for a day,
  and for as long as the deployment that it began is under way. 408, 429 and 5xx say that nothing was done: try again.
- Lists go page by page: `next` of one is `after` of the next.
"""


def generated() -> dict[str, str]:
    """Return the generated files by their path in the checkout."""
    description = bare().openapi()
    return {PAGE: page(description), DESCRIPTION: json.dumps(description, indent=1) + "\n"}


def page(description: Mapping[str, Any]) -> str:
    """Return the reference in Markdown."""
    parts, tag = [_HEAD], ""
    for path, method, operation in _operations(description):
        if operation["tags"][0] != tag:
            tag = operation["tags"][0]
            parts.append(f"## {tag[0].upper()}{tag[1:]}\n")
        parts.append(_operation(path, method, operation))
    parts.append("## What is sent and answered\n")
    parts += [_schema(name, schema) for name, schema in sorted(description["components"]["schemas"].items())]
    return "\n".join(part for part in parts if part)


def _operations(description: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    success = next(status for status in operation["responses"] if status.startswith("2"))
    role = operation.get(ROLE, "anybody")
    lines = [f"### {method} {path}\n", f"{operation['description'].strip()}\n"]
    says = [f"`{operation[ACTION]}`, role {role}; answers {success}{_answered(operation['responses'][success])}"]
    if (body := operation.get("requestBody")) is not None:
        says.append(f"sent: {_kind(body['content']['application/json']['schema'])}")
    queries = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
    if queries:
        says.append("query: " + ", ".join(f"`{name}`" for name in queries))
    return "\n".join([*lines, *(f"- {each}" for each in says), ""])


def _answered(response: Mapping[str, Any]) -> str:
    schema = response.get("content", {}).get("application/json", {}).get("schema")
    return f" with {_kind(schema)}" if schema and "$ref" in schema else ""


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format") or schema.get("const") or schema.get("type") or "anything")


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    lines = [f"### {name}\n", f"{schema.get('description', '').strip()}\n"]
    if "enum" in schema:
        lines.append(", ".join(f"`{each}`" for each in schema["enum"]) + "\n")
    fields = schema.get("properties", {})
    if fields:
        lines += ["| field | is |", "| --- | --- |"]
        lines += [f"| `{field}` | {_kind(value)}{_more(value)} |" for field, value in fields.items()]
        lines.append("")
    return "\n".join(lines)


def _more(value: Mapping[str, Any]) -> str:
    said = value.get("description")
    return f": {said}" if said else ""


def main() -> None:
    """Write the generated files below the directory that is named."""
    root = Path(sys.argv[1])
    for name, text in generated().items():
        (root / name).write_text(text)


if __name__ == "__main__":
    main()
