"""What a plain YAML scalar means to Helm and kubectl.

Both read YAML with sigs.k8s.io/yaml: go-yaml v2 rules, then a trip through JSON. So `yes` and `y` are true, `010` is 8,
`1:30` and dates stay text, and a float without fraction becomes an integer. `tests/goldens/config/scalars.json` holds
the table of this dialect, which that library produced.
"""

from __future__ import annotations

import math
import re
import struct
from decimal import Decimal
from functools import lru_cache

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"), False),
}
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MAYBE_NUMBER = frozenset("+-.0123456789")
_NOT_JUST_TEXT = _MAYBE_NUMBER | {word[0] for word in _WORDS if word}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_BASES = (16, 2, 8, 10)


class NotFinite(ValueError):
    """The scalar is an infinity or not a number, which JSON and so Kubernetes cannot hold."""


def resolve_plain(text: str) -> Scalar:
    """Return what an unquoted, untagged scalar means as a value.

    Raises:
        NotFinite: it is `.inf` or `.nan`.
    """
    if text and text[0] not in _NOT_JUST_TEXT:
        return text
    return _short_value(text) if len(text) <= 64 else _value(text)


def _value(text: str) -> Scalar:
    value = _resolve(text)
    return as_json_number(value) if isinstance(value, float) else value


# Words and numbers repeat; long texts do not, and would only fill the memory.
_short_value = lru_cache(maxsize=16384)(_value)


def resolve_key(text: str) -> str | None:
    """Return what an unquoted, untagged scalar means as a mapping key; None where it cannot be one.

    Raises:
        NotFinite: it is `.inf` or `.nan`.
    """
    value = _resolve(text)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_key(value)
    return None if value is None else str(value)


def _resolve(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _MAYBE_NUMBER or text.startswith("._"):
        return text
    if _NOT_FINITE.fullmatch(text):
        raise NotFinite(text)
    digits = text.replace("_", "")
    integer = _integer(digits)
    if integer is not None and -(2**63) <= integer < 2**64:
        return integer
    if _FLOAT.fullmatch(digits):
        value = float(digits)
        return value if math.isfinite(value) else text
    return text


def _integer(digits: str) -> int | None:
    # Python refuses to convert thousands of digits; nothing that long is an integer here anyway.
    found = _INTEGER.fullmatch(digits) if len(digits) <= 80 else None
    if found is None:
        return None
    sign, *forms = found.groups()
    magnitude = next(int(form, base) for form, base in zip(forms, _BASES, strict=True) if form is not None)
    return -magnitude if sign == "-" else magnitude


def as_json_number(value: float) -> int | float:
    """Return a float as it comes out of Go's JSON: whole ones below 1e21 lose their point, in the shortest digits."""
    return int(Decimal(repr(value))) if value.is_integer() and abs(value) < 1e21 else value


def _float_key(value: float) -> str:
    """Go prints a float key with the fewest digits that identify it among 32-bit floats."""
    single = _as_single(value)
    if math.isinf(single):
        return "-.inf" if value < 0 else ".inf"
    shortest = next(text for digits in range(9) if _as_single(float(text := f"{single:.{digits}e}")) == single)
    exponent = int(shortest.partition("e")[2])
    return f"{Decimal(shortest):f}" if -4 <= exponent < 6 else shortest


def _as_single(value: float) -> float:
    try:
        single: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return single
