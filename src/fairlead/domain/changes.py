"""Differences between wanted and live, and the plan they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from fairlead.domain.additions import Addition
from fairlead.domain.app_releases import AppPlan
from fairlead.domain.identity import ObjectRef, ReleaseKey, Revision
from fairlead.domain.rendering import Hook, RenderedRelease
from fairlead.domain.state import Form, Hold, Rejection, Stored

MASKED: Final = "(secret)"
UNKNOWN: Final = "unknown"
"""The reason of a change whose live object may not be read."""


class Action(StrEnum):
    """What a change does to its object."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RECREATE = "recreate"
    KEEP = "keep"
    SKIP = "skip"

    @property
    def writes(self) -> bool:
        """Whether carrying it out writes to the cluster."""
        return self not in (Action.KEEP, Action.SKIP)


class Unverified(StrEnum):
    """Why the server's dry run did not confirm a change.

    `refused` is the server's own no (`Change.problem` says why): applying it would fail, so nothing of its release is.
    """

    CREATE = "create"
    NAMESPACE_NOT_YET = "namespaceNotYet"
    CRD_NOT_YET = "crdNotYet"
    FORBIDDEN = "forbidden"
    ADOPTION = "adoption"
    REFUSED = "refused"
    UNSUPPORTED = "dryRunUnsupported"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, by JSON Pointer. `owner` is the other manager that loses it; masked values are `(secret)` twice."""

    path: str
    old: Any = None
    new: Any = None
    owner: str | None = None
    masked: bool = False
    equal: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        shown = {"path": self.path, "old": self.old, "new": self.new, "owner": self.owner}
        return {**shown, "masked": True, "equal": self.equal} if self.masked else shown


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A declared field that is left to someone else: `reason` is `autoscaler`, `subresource` or `ignored`.

    `path` is a JSON Pointer into the declared object. On creation the declared value is sent all the same.
    """

    path: str
    reason: str
    declared: Any = None
    live: Any = None

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"path": self.path, "reason": self.reason, "declared": self.declared, "live": self.live}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    `declared` is the whole wish, `desired` what of it will be sent. `uid` and `resource_version` are of what is live.
    `verified` is False with a reason where the server's dry run could not speak; `problem` is what the server or the
    rights of the caller said then. `manager` is the field manager to apply with. `digest` covers the declared fields
    that are not left alone, `live_digest` the same fields as they are live. `is_preparation`: it must be there before
    anything else of the release, hooks included. `is_pruning`: it is about an object that the release owns but no
    longer declares. `is_adoption`: the fields of old deployers become ours before it is applied. `form` is what the
    server made of an object that is kept and yet not as it is sent. `additions` are what others set and nobody
    declares. `is_unit`: the driver of an app's unit sees to it.
    """

    action: Action
    ref: ObjectRef
    reason: str = ""
    fields: tuple[FieldChange, ...] = ()
    declared: Mapping[str, Any] | None = field(default=None, repr=False)
    desired: Mapping[str, Any] | None = field(default=None, repr=False)
    uid: str | None = None
    resource_version: str | None = None
    live_digest: str | None = None
    verified: bool = True
    unverified_reason: Unverified | None = None
    problem: str = ""
    manager: str = ""
    digest: str = ""
    left_alone: tuple[LeftAlone, ...] = ()
    is_preparation: bool = False
    is_pruning: bool = False
    is_adoption: bool = False
    form: Form | None = None
    additions: tuple[Addition, ...] = ()
    is_unit: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether applying it cannot succeed: the server says no, or there is no place for it."""
        return bool(self.problem) and self.unverified_reason in (Unverified.REFUSED, Unverified.NAMESPACE_NOT_YET)

    @property
    def obstacle(self) -> str:
        """Why nothing of the release may be written: this change cannot succeed, or nobody may see its object."""
        blind = bool(self.problem) and self.reason == UNKNOWN
        return f"{self.ref}: {self.problem}" if self.is_refused or blind else ""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        shown: dict[str, Any] = {
            "action": self.action.value,
            "object": self.ref.to_json(),
            "reason": self.reason,
            "fields": [one.to_json() for one in self.fields],
            "verified": self.verified,
        }
        if self.unverified_reason is not None:
            shown["unverifiedReason"] = self.unverified_reason.value
        if self.problem:
            shown["problem"] = self.problem
        if self.left_alone:
            shown["leftAlone"] = [one.to_json() for one in self.left_alone]
        if self.additions:
            shown["undeclared"] = [one.to_json() for one in self.additions]
        return shown


def summarise(changes: Iterable[Change]) -> dict[str, int]:
    """Count changes by action, in the form of `summary`."""
    counts = {action.value: 0 for action in Action}
    for change in changes:
        counts[change.action.value] += 1
    return counts


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What one release needs. `changes` stand in apply order; `digest` is its part of the plan digest.

    `hooks` run around the changes when any of them writes, in Helm's order, those before and those after. `owned` is
    how many objects its inventory holds, `notes` are what a reader must know beside the changes. `stored` is what the
    cluster remembered of the release when the plan was made, None where that may not be seen. `is_removal`: the release
    ends with it, and nothing of it is remembered. `generated` are by object the fields (JSON Pointers) that its chart
    makes anew at each rendering. `hook_changes` are hooks that were changed since the last deployment, `hooks_due` says
    that hooks are a reason to deploy without any change. `returns_to` is the deployment that is deployed again, and
    `rejects` the inputs that the release is then held against. `held` is the hold that forbids this plan; `ends_hold`
    says that a person ends it. `app` is what becomes of an app's unit, which its driver brings about: the changes tell
    what that comes to.
    """

    key: ReleaseKey
    revision: Revision
    changes: tuple[Change, ...]
    rendered: RenderedRelease = field(repr=False)
    digest: str = ""
    hooks_before: tuple[Hook, ...] = ()
    hooks_after: tuple[Hook, ...] = ()
    owned: int = 0
    notes: tuple[str, ...] = ()
    stored: Stored | None = field(default=None, repr=False, compare=False)
    is_removal: bool = False
    generated: Mapping[ObjectRef, tuple[str, ...]] = field(default_factory=dict, compare=False)
    hook_changes: tuple[Change, ...] = ()
    hooks_due: bool = False
    returns_to: int | None = None
    rejects: Rejection | None = None
    held: Hold | None = None
    ends_hold: bool = False
    app: AppPlan | None = None

    @property
    def writes(self) -> bool:
        """Whether carrying it out would write anything."""
        if self.app is not None and self.app.writes:
            return True
        if any(change.action.writes for change in self.changes):
            return True
        turns_away = self.rejects is not None  # what is rejected must be remembered, whatever else there is to do
        return bool(self.hook_changes) or self.hooks_due or turns_away or (self.is_removal and bool(self.hooks))

    @property
    def own(self) -> tuple[Change, ...]:
        """The changes that are carried out one by one, and that the inventory knows: none of those of a unit."""
        return tuple(one for one in self.changes if not one.is_unit)

    @property
    def knows_inventory(self) -> bool:
        """Whether what the inventory holds beside the changes is gone; of an app nothing stands there."""
        return self.stored is not None and self.app is None

    @property
    def hooks(self) -> tuple[Hook, ...]:
        """The hooks that run with the changes."""
        return (*self.hooks_before, *self.hooks_after)

    @property
    def running(self) -> tuple[Hook, ...]:
        """The hooks that carrying it out runs."""
        return self.hooks if self.writes else ()

    @property
    def was_chart(self) -> bool:
        """Whether a chart is removed, which no file may tell of any more."""
        return self.is_removal and self.stored is not None and self.stored.state.was_chart(otherwise=False)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            **self.key.to_json(),
            "name": self.key.release,
            "revision": self.revision.to_json(),
            "digest": self.digest,
            "changes": [self._shown(change) for change in (*self.changes, *self.hook_changes)],
            "hooks": [{"events": list(hook.events), "object": hook.manifest.ref.to_json()} for hook in self.running],
            "notes": list(self.notes),
            "rollbackTo": self.returns_to,
            "held": self.held.to_json() if self.held is not None else None,
            "summary": summarise((*self.changes, *self.hook_changes)),
            "app": self.app.to_json() if self.app is not None else None,
        }

    def _shown(self, change: Change) -> dict[str, Any]:
        made = self.generated.get(change.ref)
        return {**change.to_json(), "generated": list(made)} if made else change.to_json()


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """How to plan.

    `verify` puts creations to the dry run too, `take_ownership` allows changing what belongs to others, `recreate`
    deletes and makes anew what cannot change otherwise, and with `declared_order` each release waits for the one before
    it (`compat.declaredOrder`). `release_hold` ends holds that are in the way.
    """

    verify: bool = False
    take_ownership: bool = False
    recreate: bool = False
    declared_order: bool = False
    release_hold: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run would do, finished before the first write. `digest` is its planDigest (docs/topics/planning.md).

    `options` are how it was made, for whoever has to make it again. `undeclared` are releases that were deployed from
    the same environments, own something, and are neither in the plan nor declared.
    """

    releases: tuple[ReleasePlan, ...]
    digest: str
    options: PlanOptions = field(default_factory=PlanOptions)
    undeclared: tuple[ReleaseKey, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether applying any part of it cannot succeed."""
        return any(change.is_refused for release in self.releases for change in release.changes)

    @property
    def writes(self) -> bool:
        """Whether carrying it out would write anything."""
        return any(release.writes for release in self.releases)

    def to_json(self) -> dict[str, Any]:
        """Return the fields of the wire form that are the engine's to know."""
        return {
            "digest": self.digest,
            "releases": [release.to_json() for release in self.releases],
            "summary": summarise(change for one in self.releases for change in (*one.changes, *one.hook_changes)),
            "undeclared": [key.to_json() for key in self.undeclared],
        }
