"""The one YAML reader and writer, on libyaml events with marks.

Two dialects. Files that declare (`read_document`) become nodes that keep their source text. Values files and manifests
(`read_values`, `read_manifests`) become Python values, resolved as Helm and kubectl resolve them.
Whatever is wrong becomes an `InputError` with file, line and column. Nothing here builds objects from tags, follows an
alias without counting it, or nests deeper than a limit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import yaml  # noqa: TID251 - half of the door the ban points to

from fairlead.domain.documents import Document, MappingNode, Node
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.resolving import is_null, to_object
from fairlead.domain.scalars import NotFinite, resolve_plain
from fairlead.doors.json import read_json
from fairlead.doors.yaml_building import NodeBuilder, ObjectBuilder
from fairlead.doors.yaml_composing import Composer, Limits, position

DECLARED_LIMITS = Limits(size=4 << 20, nodes=400_000, documents=2)
MANIFEST_LIMITS = Limits(size=32 << 20, nodes=4_000_000, documents=10_000)


def read_document(text: bytes, file: str) -> Document:
    """Read a declared file: one document, source text kept.

    Raises:
        InputError: bad syntax, custom tags, or too much of anything. Repeated keys and further documents are problems
            of the result, so that everything else can still be checked.
    """
    builder = NodeBuilder(file)
    root: Node | None = None
    problems: list[Problem] = []
    with _located(file):
        composer = Composer(_decoded(text, file, DECLARED_LIMITS), file, DECLARED_LIMITS, builder)
        for number, (node, line) in enumerate(composer.documents()):
            if number == 0:
                root = node
                continue
            message = "found a second YAML document; only one is read"
            remedy = "move what follows the `---` into the first document or into a file of its own"
            problems.append(Problem("severalDocuments", message, file, line, 1, remedy=remedy))
            break
    return Document(root, (*builder.problems, *problems))


def read_values_document(text: bytes, file: str) -> MappingNode:
    """Read a values file as nodes, for whoever needs each value's line. An empty file is an empty mapping.

    Raises:
        InputError: as `read_document`, for its problems too, and when the document is not a mapping.
    """
    document = read_document(text, file)
    if document.problems:
        raise InputError(document.problems)
    node = document.root
    if isinstance(node, MappingNode):
        return node
    if node is None or is_null(node):
        return MappingNode((), 1, 1)
    message = "a values file must be a mapping of names to values"
    remedy = "write `name: value` lines"
    raise InputError(Problem("wrongType", message, file, node.line, node.column, remedy=remedy))


def read_values(text: bytes, file: str) -> dict[str, Any]:
    """Read a values file as Helm does.

    Raises:
        InputError: as `read_values_document`.
    """
    values: dict[str, Any] = to_object(read_values_document(text, file), file)
    return values


def read_manifests(text: bytes, file: str, *, duplicates: bool = False) -> tuple[tuple[Any, int], ...]:
    """Read a stream of objects as kubectl does, each with the line it starts on; empty documents are left out.

    `duplicates` accepts repeated keys, the last one counting: charts contain them.

    Raises:
        InputError: bad syntax, duplicate keys, custom tags, or too much of anything.
    """
    decoded = _decoded(text, file, MANIFEST_LIMITS)
    as_json = read_json(decoded, file)
    if as_json is not None:
        return ((as_json, 1),)
    with _located(file):
        composer = Composer(decoded, file, MANIFEST_LIMITS, ObjectBuilder(file, duplicates=duplicates))
        return tuple((value, line) for value, line in composer.documents() if value is not None)


_TAB_PROBLEMS = re.compile(r"cannot start any token|tab character")


@contextmanager
def _located(file: str) -> Iterator[None]:
    """Turn libyaml's errors into ours."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = position(mark) if mark is not None else (None, None)
        remedy = (
            "indent with spaces, never with tabs"
            if _TAB_PROBLEMS.search(error.problem or "")
            else "check indentation, colons, quotes and brackets at this line and just above it"
        )
        message = ", ".join(part for part in (error.context, error.problem) if part) or "unreadable"
        raise InputError(
            Problem("yamlSyntax", f"not valid YAML: {message}", file, line, column, remedy=remedy)
        ) from None
    except yaml.YAMLError as error:
        reason = getattr(error, "reason", "unreadable characters")
        raise InputError(
            Problem("yamlSyntax", f"not valid YAML: {reason}", file, remedy="remove control characters from the file")
        ) from None


def _decoded(text: bytes, file: str, limits: Limits) -> str:
    if len(text) > limits.size:
        message = f"the file is larger than {limits.size >> 20} MiB"
        raise InputError(Problem("yamlTooLarge", message, file, remedy="split the file"))
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        message = f"not UTF-8: found the byte 0x{text[error.start]:02x}"
        raise InputError(
            Problem("notUtf8", message, file, line, column, remedy="save the file in the UTF-8 encoding")
        ) from None


class _Number(str):
    """A number in JSON, as it was written."""

    __slots__ = ()


_NEVER_FOLD = 1 << 30
_DATE = re.compile(r"\d{4}-\d")
_Emitter: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Emitter):  # type: ignore[misc,valid-type] # the same class with or without libyaml
    """Writes plain data: no aliases, several lines as a block, quotes wherever a reader might see another type."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the answer is the same for all
        return True


def _text(dumper: _Dumper, data: str) -> yaml.ScalarNode:
    quoted = '"' if reads_otherwise(data) else None
    style = "|" if "\n" in data else quoted
    node: yaml.ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)
    return node


def reads_otherwise(text: str) -> bool:
    """Tell whether a text, left unquoted, would be read as something else by Helm, kubectl or a YAML 1.2 reader."""
    try:
        return not isinstance(resolve_plain(text), str) or bool(_DATE.match(text))
    except NotFinite:
        return True


def _number(dumper: _Dumper, data: _Number) -> yaml.ScalarNode:
    kind = "float" if set(data) & set(".eE") else "int"
    node: yaml.ScalarNode = dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", str(data))
    return node


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Number, _number)
# PyYAML takes a number without a dot for a text, and would put a tag on `1e3`.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"-?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]+"), list("-0123456789")
)


def dump_stream(objects: Iterable[Any]) -> str:
    """Write objects as a YAML stream, each after a `---` line, keys in their own order."""
    return "".join(
        "---\n"
        + yaml.dump(
            item, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=_NEVER_FOLD
        )
        for item in objects
    )


def json_to_yaml(text: str, file: str) -> str:
    """Return a stream of JSON values as YAML, keys in their order and numbers as they are written.

    Raises:
        InputError: it is no JSON, or holds what JSON cannot (`jsonSyntax`).
    """
    decoder = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_refused)
    values: list[Any] = []
    at = _next_value(text, 0)
    try:
        while at < len(text):
            value, end = decoder.raw_decode(text, at)
            values.append(value)
            at = _next_value(text, end)
    except (ValueError, RecursionError) as error:
        place = getattr(error, "pos", at)
        line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
        message = f"not valid JSON: {getattr(error, 'msg', error)}"
        problem = Problem("jsonSyntax", message, file, line, column, remedy="correct it at this place")
        raise InputError(problem) from None
    stream = dump_stream(values)
    return stream.removeprefix("---\n") if len(values) == 1 else stream


def _next_value(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip())


def _refused(name: str) -> NoReturn:
    raise ValueError(f"found {name}, which JSON cannot hold")
