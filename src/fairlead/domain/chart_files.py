"""What can be told from the files of a chart without rendering it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.domain.errors import InputError, Problem

ChartFiles = Mapping[str, bytes]

# Functions of Helm and sprig whose result differs from run to run or from place to place. `date` and its relatives
# fall back to the current time for what they cannot read. Fields (`.Values.now`) and variables (`$now`) are no calls.
_GENERATORS = re.compile(
    rb"(?<![\w.$])(?:rand[A-Z][A-Za-z]*|gen(?:PrivateKey|CA|CAWithKey|SelfSignedCert|SelfSignedCertWithKey|SignedCert"
    rb"|SignedCertWithKey)|uuidv4|shuffle|now|ago|date|date_in_zone|dateInZone|htmlDate|htmlDateInZone|dateModify"
    rb"|date_modify|mustDateModify|must_date_modify|toDate|mustToDate|htpasswd|bcrypt|encryptAES|derivePassword"
    rb"|getHostByName|lookup)\b"
)
_LOOKUP = re.compile(rb"(?<![\w.$])lookup\b")
# Also `with .Capabilities` and `$all := .Capabilities`: what is done with them afterwards cannot be told from here.
_VERSIONS = re.compile(rb"\bCapabilities\b(?!\.(?:KubeVersion|HelmVersion)\b)")
_ACTION = re.compile(rb"\{\{.*?\}\}", re.DOTALL)
_COMMENT = re.compile(rb"\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL)

_SCHEMA = "values.schema.json"
_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef", "$schema", "$id", "id"})
_BUILT_IN = re.compile(r"https?://json-schema\.org/(?:draft-0[4-7]/|draft/20(?:19-09|20-12)/)?schema#?")


def generates(files: ChartFiles) -> bool:
    """Tell whether a template calls something whose result may differ each time. `files` include sub-charts'."""
    return any(_GENERATORS.search(action) for action in _actions(files.values()))


def looks_up(files: ChartFiles) -> bool:
    """Tell whether a template reads from the cluster."""
    return any(_LOOKUP.search(action) for action in _actions(files.values()))


def asks_versions(files: ChartFiles) -> bool:
    """Tell whether a template may ask which API versions the cluster serves."""
    return any(text_asks_versions(content) for content in files.values())


def text_asks_versions(text: bytes) -> bool:
    """Tell the same as `asks_versions` of values, which reach the engine through `tpl`."""
    return _VERSIONS.search(text) is not None


def text_generates(text: bytes) -> bool:
    """Tell the same as `generates` of values, which reach the engine through `tpl`."""
    return any(_GENERATORS.search(action) for action in _actions((text,)))


def check_schemas(files: ChartFiles, *, chart: str) -> None:
    """Make sure that no values schema makes Helm read other files or open connections.

    Helm's schema check loads whatever `$ref` names, `file:` and `http:` included (Helm CVE-2025-55199 and its kin).

    Raises:
        InputError: `schemaReference`, one problem for each such reference.
    """
    problems = [
        Problem(
            code="schemaReference",
            message=f"chart {chart}: {path} refers to {target!r}; schemas are not loaded from elsewhere",
            file=path,
            remedy="put the definitions into the schema itself, under $defs",
        )
        for path, content in sorted(files.items())
        if path.rpartition("/")[2] == _SCHEMA
        for target in sorted(set(_foreign(_parsed(content))))
    ]
    if problems:
        raise InputError(problems)


def _actions(contents: Any) -> Iterator[bytes]:
    for content in contents:
        if b"{{" in content:
            yield from _ACTION.findall(_COMMENT.sub(b"", content))


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None  # Helm itself says what is wrong with it


def _foreign(schema: Any) -> Iterator[str]:
    waiting = [schema]
    while waiting:
        match waiting.pop():
            case dict() as mapping:
                for key, value in mapping.items():
                    if key in _REFERENCES and isinstance(value, str) and not _is_local(key, value):
                        yield value
                    waiting.append(value)
            case list() as items:
                waiting.extend(items)
            case _:
                pass


def _is_local(key: str, target: str) -> bool:
    # A name for the schema ($id) is only dangerous as the base of a relative reference, which is refused here too.
    return key in {"$id", "id"} or target.startswith("#") or _BUILT_IN.fullmatch(target) is not None
