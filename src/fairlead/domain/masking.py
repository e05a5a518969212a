"""What of an object people may see: Secrets, and values that came from one, are told apart but never shown."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, quote_plus

from fairlead.domain.changes import MASKED, FieldChange
from fairlead.domain.differences import Difference, same
from fairlead.domain.json_patch import format_pointer

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
# A shorter secret stands in too many innocent words; one that is a whole value is masked at any length.
SHORTEST_PART: Final = 4
# What Go's JSON encoder, and so the template function `toJson`, escapes beyond what JSON asks for.
_GO_ESCAPES: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "&<>"}
_STANDARD: Final = str.maketrans("-_", "+/")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{6,}")


def is_secret(obj: Mapping[str, Any]) -> bool:
    """Return whether an object is a core Secret, whose data nobody may see."""
    return obj.get("kind") == "Secret" and obj.get("apiVersion") == "v1"


def masked_object(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object as it may be shown: the values of a Secret, and its last-applied copy, are masked."""
    shown = dict(obj)
    if not is_secret(obj):
        return shown
    for section in ("data", "stringData"):
        if section in shown:
            shown[section] = _masked_values(shown[section])
    metadata = shown.get("metadata")
    if isinstance(metadata, Mapping) and LAST_APPLIED in (metadata.get("annotations") or {}):
        shown["metadata"] = {**metadata, "annotations": {**metadata["annotations"], LAST_APPLIED: MASKED}}
    return shown


def field_changes(
    obj: Mapping[str, Any], found: Difference, *, owners: Sequence[str], secrets: Sequence[str]
) -> tuple[FieldChange, ...]:
    """Turn one difference of an object into what may be shown of it; a whole map of secrets becomes one per key."""
    owner = ", ".join(owners) or None
    if is_secret(obj):
        if found.steps in (("data",), ("stringData",)):
            return tuple(_masked(Difference((*found.steps, key), *pair), owner) for key, pair in _by_key(found))
        if found.steps[0] in ("data", "stringData") or LAST_APPLIED in found.steps:
            return (_masked(found, owner),)
        if found.steps in (("metadata",), ("metadata", "annotations")):
            found = Difference(found.steps, _without_copy(found.old), _without_copy(found.new))
    if holds_secret(found.old, secrets) or holds_secret(found.new, secrets):
        return (_masked(found, owner),)
    return (FieldChange(format_pointer(found.steps), found.old, found.new, owner),)


def holds_secret(value: Any, secrets: Sequence[str]) -> bool:
    """Return whether one of `secrets` stands anywhere in a JSON value, as it is or as templates encode it."""
    long = [secret for secret in secrets if len(secret) >= SHORTEST_PART]
    forms = {form.lower() for secret in long for form in written_forms(secret)}
    encoded = [secret.encode(errors="surrogatepass") for secret in long]
    return any(
        text in secrets or any(form in text.lower() for form in forms) or _encodes(text, encoded)
        for text in _texts(value)
        if text
    )


def written_forms(secret: str) -> Iterator[str]:
    """Yield the texts that a secret becomes in base64, in a URL and in JSON, and the secret itself."""
    data = secret.encode(errors="surrogatepass")
    yield secret
    for encoded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        yield encoded.decode()
        yield encoded.decode().rstrip("=")
    yield quote(data, safe="")
    yield quote(data)
    yield quote_plus(data)
    for ascii_only in (True, False):
        text = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield text
        yield text.translate(_GO_ESCAPES)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield str(key)
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
    else:
        yield str(value)


def _encodes(text: str, secrets: Iterable[bytes]) -> bool:
    """Return whether a secret is part of what is encoded, as in the base64 of `user:password`."""
    pieces = (piece.translate(_STANDARD) for piece in _BASE64.findall(text))
    decoded = [base64.b64decode(piece[: len(piece) - (len(piece) % 4 == 1)] + "==") for piece in pieces]
    return any(secret in data for secret in secrets for data in decoded)


def _masked_values(values: Any) -> Any:
    return dict.fromkeys(values, MASKED) if isinstance(values, Mapping) else MASKED


def _masked(found: Difference, owner: str | None) -> FieldChange:
    old, new = (None if value is None else MASKED for value in (found.old, found.new))
    equal = same(found.old, found.new)
    return FieldChange(format_pointer(found.steps), old, new, owner, masked=True, equal=equal)


def _by_key(found: Difference) -> list[tuple[str, tuple[Any, Any]]]:
    old = found.old if isinstance(found.old, Mapping) else {}
    new = found.new if isinstance(found.new, Mapping) else {}
    return [(key, (old.get(key), new.get(key))) for key in sorted({*old, *new})]


def _without_copy(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if "annotations" in value:
        return {**value, "annotations": _without_copy(value["annotations"])}
    return {**value, LAST_APPLIED: MASKED} if LAST_APPLIED in value else value
