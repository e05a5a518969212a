"""Taking over what another deployer made, so that a field removed from the source disappears from the object.

Old deployers leave entries in `managedFields` that would keep such a field for ever. Their fields become ours first, in
one replacement of the object; the apply that follows then removes what is not declared. After client-go's
`util/csaupgrade`, which does the same for `kubectl apply --server-side`; beyond it, `stringData` is translated, and on
`--take-ownership` the marks and entries of the former owner go as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairlead.domain.managed_fields import Fields
from fairlead.domain.marks import FOREIGN_MARKS, OWNING_MANAGERS
from fairlead.domain.masking import LAST_APPLIED, is_secret

OLD_DEPLOYERS: Final = frozenset({"helm", "kubectl-client-side-apply", "kubectl-create"})
_EMPTY: Final[Fields] = {}


def migrated(live: Mapping[str, Any], manager: str, *, taking: bool = False) -> dict[str, Any] | None:
    """Return a live object with the fields of its old deployers as ours; None when there is nothing to take over.

    Only at first contact: once `manager` has applied the object, later edits by others are theirs. `taking` is that its
    owner loses it to us.
    """
    entries = [dict(entry) for entry in live["metadata"].get("managedFields") or ()]
    ours = next((entry for entry in entries if _is_ours(entry, manager)), None)
    absorbed = [entry for entry in entries if _is_old(entry, manager, first=ours is None, taking=taking)]
    version = _version(live, ours, absorbed)
    before = _tree(ours or {})
    fields = before
    for entry in absorbed:
        # A field path means nothing in another version; what it says stays, without an owner.
        if entry.get("apiVersion") == version:
            fields = union(fields, _tree(entry))
    fields = _without_copy(fields)
    if is_secret(live):
        fields = _as_data(fields)
    if not absorbed and fields == before:
        return None
    kept = [entry for entry in entries if entry is not ours and entry not in absorbed]
    entry = {"manager": manager, "operation": "Apply", "apiVersion": version, "fieldsType": "FieldsV1"}
    metadata = _unmarked(live["metadata"], taking=taking)
    return {**live, "metadata": {**metadata, "managedFields": [*kept, {**entry, "fieldsV1": fields}]}}


def union(one: Fields, other: Fields) -> Fields:
    """Return a field tree that owns what either of two owns."""
    found = dict(one)
    for key, below in other.items():
        found[key] = _joined(found[key], below) if key in found else below
    return found


def _joined(one: Fields, other: Fields) -> Fields:
    """An empty tree under a key owns the value itself, which beside owned parts of it reads `.`."""
    if one and other:
        return union(one, other)
    parts = one or other
    return {".": {}, **parts} if parts else parts


def _is_ours(entry: Mapping[str, Any], manager: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")


def _is_old(entry: Mapping[str, Any], manager: str, *, first: bool, taking: bool) -> bool:
    if entry.get("subresource") or _is_ours(entry, manager):
        return False
    name = entry.get("manager")
    if taking and name in OWNING_MANAGERS:
        return True
    return (first or taking) and name in OLD_DEPLOYERS and entry.get("operation") == "Update"


def _version(live: Mapping[str, Any], ours: Mapping[str, Any] | None, absorbed: list[dict[str, Any]]) -> str:
    if ours is not None:
        return str(ours.get("apiVersion"))
    versions = [str(entry.get("apiVersion")) for entry in absorbed]
    return str(live["apiVersion"]) if live["apiVersion"] in versions or not versions else versions[-1]


def _tree(entry: Mapping[str, Any]) -> Fields:
    fields = entry.get("fieldsV1")
    return fields if isinstance(fields, Mapping) else _EMPTY


def _without_copy(fields: Fields) -> Fields:
    """The copy of kubectl is taken out of the object, so nobody owns it."""
    metadata = fields.get("f:metadata") or _EMPTY
    annotations = metadata.get("f:annotations") or _EMPTY
    if f"f:{LAST_APPLIED}" not in annotations:
        return fields
    left = {key: below for key, below in annotations.items() if key != f"f:{LAST_APPLIED}"}
    return {**fields, "f:metadata": {**metadata, "f:annotations": left}}


def _as_data(fields: Fields) -> Fields:
    """What was written through a Secret's `stringData` stands in its `data`."""
    if "f:stringData" not in fields:
        return fields
    left = {key: below for key, below in fields.items() if key != "f:stringData"}
    return {**left, "f:data": union(left.get("f:data", _EMPTY), fields["f:stringData"])}


def _unmarked(metadata: Mapping[str, Any], *, taking: bool) -> dict[str, Any]:
    gone = {LAST_APPLIED, *(FOREIGN_MARKS if taking else ())}
    found = dict(metadata)
    for part in ("labels", "annotations"):
        if part in found:
            found[part] = {key: value for key, value in (found[part] or {}).items() if key not in gone}
    return found
