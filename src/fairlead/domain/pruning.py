"""What a release owns and no longer declares: what of it is deleted, what stays, and when a person must allow it.

Only what stands in the inventory is looked at, and only the very object that stands there: its UID tells it from a
later one of the same name, and it must still carry the marks of the release. So neither marks
that somebody copied nor an inventory that somebody forged is enough to have an object deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from fairlead.domain.changes import Action, Change, ReleasePlan
from fairlead.domain.errors import Problem
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.inventory import InventoryEntry
from fairlead.domain.joining import joined
from fairlead.domain.marks import Foreign, Nobodys, Ours, ownership

RESOURCE_POLICY: Final = "helm.sh/resource-policy"
DEFINITION: Final = ("apiextensions.k8s.io", "CustomResourceDefinition")
FEW: Final = 3
"""So many deletions never count as a sudden shrink."""
SHARE: Final = 0.3
"""The part of an inventory that may go without being asked for."""

PRECIOUS: Final = frozenset(
    {("", "Namespace"), DEFINITION, ("", "PersistentVolumeClaim"), ("", "PersistentVolume")}
)  # fmt: skip


def prune(
    entry: InventoryEntry,
    live: Mapping[str, Any] | None,
    key: ReleaseKey,
    *,
    enabled: bool = True,
    namespaces_in_use: Collection[str] = (),
) -> Change | None:
    """Return what becomes of an owned object that is not declared any more; None when it is gone already.

    `enabled` is the release's `prune`. `namespaces_in_use` are those that hold what is still declared.
    """
    if live is None:
        return None
    metadata = live["metadata"]
    reason = _why_it_stays(entry, live, key)
    if not reason and entry.ref.group_kind == ("", "Namespace") and entry.ref.name in namespaces_in_use:
        reason = "it holds declared objects"
    if not reason and not enabled:
        reason = "prune: false"
    if reason:
        return Change(Action.SKIP, entry.ref, reason=reason, uid=metadata.get("uid"), is_pruning=True)
    action = Action.KEEP if _is_kept(metadata) else Action.DELETE
    return Change(
        action,
        entry.ref,
        reason=RESOURCE_POLICY if action is Action.KEEP else "",
        uid=entry.uid,
        resource_version=metadata.get("resourceVersion"),
        is_pruning=True,
    )


def disowned(live: Mapping[str, Any], key: ReleaseKey) -> str:
    """Return why an object of a release's inventory is not its own any more; empty while it is.

    Helm's marks of this very release are ours also after it stopped being a chart.
    """
    match ownership(live, key, is_chart=True):
        case Foreign(owner):
            return f"belongs to {owner}"
        case Nobodys():
            return "carries no mark of the release"
        case Ours():
            return ""


def guard(release: ReleasePlan, *, is_named: bool = False) -> Problem | None:
    """Return why a plan needs `--allow-deletes`; None when it does not.

    `is_named`: a person gave the name of the release to be removed, so how much goes is no surprise.
    """
    reasons = list(_precious(release))
    deleted = sum(change.action is Action.DELETE for change in release.changes)
    if not is_named and deleted > FEW and deleted > SHARE * release.owned:
        reasons.insert(0, f"deletes {deleted} of the {release.owned} objects that the release owns")
    if not reasons:
        return None
    return Problem(
        "guard",
        f"{release.key}: the plan {joined(reasons)}",
        remedy="if that is meant, run it again with --allow-deletes",
    )


def blockers(live: Mapping[str, Any]) -> str:
    """Return what the deletion of an object waits for, as far as the object says."""
    said = [
        str(condition["message"])
        for condition in (live.get("status") or {}).get("conditions") or ()
        if condition.get("type") in ("NamespaceContentRemaining", "NamespaceFinalizersRemaining")
        and condition.get("status") == "True"
    ]
    finalizers = live["metadata"].get("finalizers") or ()
    if finalizers:
        said.append(f"finalizers {', '.join(finalizers)}")
    return joined(said) or "the server has not removed it yet"


def _why_it_stays(entry: InventoryEntry, live: Mapping[str, Any], key: ReleaseKey) -> str:
    if live["metadata"].get("uid") != entry.uid:
        return "another object of that name"
    return disowned(live, key)


def _is_kept(metadata: Mapping[str, Any]) -> bool:
    policy = str((metadata.get("annotations") or {}).get(RESOURCE_POLICY) or "")
    return policy.strip().lower() == "keep"


def _precious(release: ReleasePlan) -> Iterator[str]:
    for change in release.changes:
        if change.action in (Action.DELETE, Action.RECREATE) and change.ref.group_kind in PRECIOUS:
            yield f"{_VERBS[change.action]} {_with_losses(change.ref, change.reason)}"


_VERBS: Final = {Action.DELETE: "deletes", Action.RECREATE: "recreates"}


def _with_losses(ref: ObjectRef, reason: str) -> str:
    return f"{ref} ({reason})" if reason else str(ref)
