"""JSON where kubectl takes it for JSON, which YAML's parser cannot read in full: tabs, and escaped surrogate pairs."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.scalars import as_json_number


def read_json(text: str, file: str) -> Any:
    """Return the one object of a JSON text, or None when the text is something else (to be read as YAML).

    Texts with repeated keys count as something else too: YAML's reader knows their lines.

    Raises:
        InputError: it is JSON but for a NaN, an infinity, or a number beyond all bounds.
    """
    if not text.lstrip().startswith("{"):
        return None

    def refuse(name: str) -> NoReturn:
        line = text[: text.index(name)].count("\n") + 1
        message = f"found {name}, which JSON and so Kubernetes cannot hold"
        raise InputError(Problem("invalidScalar", message, file, line, 1, remedy="write a number or a text in quotes"))

    def number(digits: str) -> int | float:
        value = float(digits)
        return as_json_number(value) if math.isfinite(value) else refuse(digits)

    try:
        return json.loads(text, parse_float=number, parse_constant=refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result
