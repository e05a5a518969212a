"""Label and field selectors, as far as Fairlead writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SET = re.compile(r"(?P<key>\S+)\s+(?P<op>in|notin)\s+\((?P<values>[^)]*)\)")
_COMMA_OUTSIDE_PARENTHESES = re.compile(r",(?![^(]*\))")


def matches_labels(obj: Mapping[str, Any], selector: str) -> bool:
    """Say whether the object's labels satisfy a label selector."""
    labels = obj["metadata"].get("labels") or {}
    return all(_label(labels, part.strip()) for part in _COMMA_OUTSIDE_PARENTHESES.split(selector) if part)


def matches_fields(obj: Mapping[str, Any], selector: str) -> bool:
    """Say whether the object satisfies a field selector."""
    return all(_equality(part.strip(), lambda path: _at(obj, path)) for part in selector.split(",") if part)


def _label(labels: Mapping[str, str], part: str) -> bool:
    if match := _SET.fullmatch(part):
        values = {value.strip() for value in match["values"].split(",")}
        return (labels.get(match["key"]) in values) == (match["op"] == "in")
    if "=" in part:
        return _equality(part, labels.get)
    return part[1:] not in labels if part.startswith("!") else part in labels


def _equality(part: str, value_of: Any) -> bool:
    key, negated, wanted = re.split(r"(!)?==?", part, maxsplit=1)
    return bool((value_of(key) == wanted) != bool(negated))


def _at(obj: Any, path: str) -> str:
    for key in path.split("."):
        obj = obj.get(key, "") if isinstance(obj, Mapping) else ""
    return str(obj)
