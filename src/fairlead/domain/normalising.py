"""The form of a declared object that can be compared with a live one, and the part of each that comparisons look at."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from fairlead.domain.masking import is_secret

_IDENTITY: Final = frozenset({"name", "namespace"})
_SERVERS: Final = frozenset(
    {"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink", "deletionTimestamp"}
)


def normalised(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return a declared object with a Secret's `stringData` folded into `data`, and empty metadata left out.

    The server folds too, but then a key dropped from an applied `stringData` stays in the object.
    """
    metadata = {key: value for key, value in (obj.get("metadata") or {}).items() if not _says_nothing(key, value)}
    result = {**obj, "metadata": metadata}
    if is_secret(obj) and "stringData" in obj:
        encoded = {key: _base64(value) for key, value in (result.pop("stringData") or {}).items()}
        result["data"] = {**(result.get("data") or {}), **encoded}
    return result


def body(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of an object a field manager can own: all but its identity and what the server writes."""
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _IDENTITY | _SERVERS}
    result = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata")}
    return {**result, "metadata": metadata} if metadata else result


def visible(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a live object a comparison before and after looks at: its body without the status."""
    return {key: value for key, value in body(obj).items() if key != "status"}


def _says_nothing(key: str, value: Any) -> bool:
    return (key in ("labels", "annotations") and not value) or (key == "creationTimestamp" and value is None)


def _base64(value: Any) -> Any:
    return base64.b64encode(value.encode()).decode() if isinstance(value, str) else value
