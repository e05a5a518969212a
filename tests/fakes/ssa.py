"""Server-side apply and foreign updates, on one object: who owns what before and after."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from fairlead.domain.errors import Problem, RemoteRefused
from tests.fakes.fieldsets import Fields, Path, from_v1, leaves, merge, to_v1, without

Managers = list[dict[str, Any]]
_TIME = "2026-01-01T00:00:00Z"
_PRECONDITIONS = ("uid", "resourceVersion")


def refused(status: int, code: str, reason: str, message: str) -> RemoteRefused:
    """Return the error that the real adapter makes of such an answer."""
    return RemoteRefused(Problem(code=code, message=message), status=status, reason=reason)


def applied(
    live: Mapping[str, Any], manifest: Mapping[str, Any], manager: str, *, force: bool
) -> tuple[dict[str, Any], Managers]:
    """Return the object and its managers after `manager` applied `manifest`; 409 for a conflict without `force`."""
    wanted, there = leaves(dict(manifest)), leaves(dict(live))
    entries = deepcopy((live.get("metadata") or {}).get("managedFields", []))
    ours = [entry for entry in entries if entry["manager"] == manager and entry["operation"] == "Apply"]
    others = [entry for entry in entries if entry not in ours]
    differing = frozenset(path for path, value in wanted.items() if there.get(path, ...) != value)
    conflicts = {entry["manager"]: owned for entry in others if (owned := differing & _owned(entry))}
    if conflicts and not force:
        raise refused(409, "fieldConflict", "Conflict", f"conflicts with {', '.join(sorted(conflicts))}")
    kept_by_others: Fields = frozenset().union(*(_owned(entry) for entry in others)) - differing
    before: Fields = frozenset().union(*(_owned(entry) for entry in ours))
    body = {key: value for key, value in manifest.items() if key != "status"}
    body["metadata"] = {key: value for key, value in body["metadata"].items() if key not in _PRECONDITIONS}
    new = merge(dict(live), body)
    new = without(new, before - wanted.keys() - kept_by_others, kept_by_others | wanted.keys())
    managers = [*_less(others, differing), _entry(manager, "Apply", manifest["apiVersion"], frozenset(wanted))]
    return new, [entry for entry in managers if entry["fieldsV1"]]


def edited(old: Mapping[str, Any], new: Mapping[str, Any], manager: str) -> Managers:
    """Return the managers after `manager` replaced `old` by `new` with an ordinary update."""
    before, after = leaves(dict(old)), leaves(dict(new))
    changed: Fields = frozenset(path for path, value in after.items() if path not in before or before[path] != value)
    gone: set[Path] = before.keys() - after.keys()
    entries = deepcopy((old.get("metadata") or {}).get("managedFields", []))
    mine = [entry for entry in entries if entry["manager"] == manager and entry["operation"] == "Update"]
    kept: Fields = frozenset().union(*(_owned(entry) for entry in mine))
    others = _less([entry for entry in entries if entry not in mine], changed | gone)
    owned = (kept | changed) - gone
    return others + ([_entry(manager, "Update", new["apiVersion"], owned)] if owned else [])


def check_preconditions(manifest: Mapping[str, Any], live: Mapping[str, Any] | None) -> None:
    """Refuse an apply that names another uid or resource version than the live object has."""
    meta = manifest["metadata"]
    actual = live["metadata"] if live else {}
    stale_version = live is not None and meta.get("resourceVersion") not in (None, actual["resourceVersion"])
    if meta.get("uid") not in (None, actual.get("uid")) or stale_version:
        raise refused(409, "conflict", "Conflict", "the object has been modified; please apply your changes again")


def fold_string_data(obj: dict[str, Any]) -> None:
    """Do with a Secret's `stringData` what the server does."""
    if obj["kind"] == "Secret" and (clear := obj.pop("stringData", None)):
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in clear.items()}
        obj["data"] = {**obj.get("data", {}), **encoded}


def _owned(entry: Mapping[str, Any]) -> Fields:
    return from_v1(entry["fieldsV1"])


def _less(entries: Managers, fields: Fields | set[Path]) -> Managers:
    reduced = [{**entry, "fieldsV1": to_v1(_owned(entry) - fields)} for entry in entries]
    return [entry for entry in reduced if entry["fieldsV1"]]


def _entry(manager: str, operation: str, api_version: str, fields: Fields) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": api_version,
        "time": _TIME,
        "fieldsType": "FieldsV1",
        "fieldsV1": to_v1(fields),
    }
