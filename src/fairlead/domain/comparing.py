"""Wanted and live, compared: is there anything to do, and to which fields?

First without asking the server: when our manager's fields are exactly what is wanted, the apply would be a no-op
(sound, because an edit by anyone else moves ownership). What differs is a `Candidate`, which the server's dry run
judges; where that cannot speak, the difference is computed here and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fairlead.domain import managed_fields
from fairlead.domain.additions import additions
from fairlead.domain.adopting import migrated
from fairlead.domain.autoscaling import Scaled
from fairlead.domain.changes import Action, Change, FieldChange, Unverified
from fairlead.domain.config import IgnoreFields
from fairlead.domain.differences import Difference, counterpart, covers, differences, projection, same
from fairlead.domain.errors import OperationFailed, Problem, Refused
from fairlead.domain.identity import ReleaseKey, object_ref, sha256_json
from fairlead.domain.inventory import Inventory
from fairlead.domain.left_alone import judged_part, left_alone, to_send, value_at, without_paths
from fairlead.domain.marks import Foreign, Nobodys, field_manager, marked, ownership
from fairlead.domain.masking import field_changes
from fairlead.domain.normalising import body, normalised, visible
from fairlead.domain.server_forms import form_of
from fairlead.domain.state import Form

ADOPT: Final = "adopt"
"""The reason of a change to an object that was nobody's."""
TAKE_OWNERSHIP: Final = "takeOwnership"
"""The reason of a change to an object that was somebody else's."""
IMMUTABLE: Final = "immutable"
"""The reason of a change that only deleting and making anew can bring about."""


@dataclass(frozen=True, slots=True)
class Judge:
    """What comparing the objects of one release needs to know beside the objects.

    `is_owner` False: they are the definitions of a chart's `crds/`, which carry no marks and belong to nobody.
    `forms` are what is known to be no change, although the server changed what was sent.
    """

    key: ReleaseKey
    is_chart: bool
    ignored: tuple[IgnoreFields, ...] = ()
    scaled: frozenset[Scaled] = frozenset()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    take_ownership: bool = False
    is_owner: bool = True
    forms: frozenset[Form] = frozenset()

    @property
    def manager(self) -> str:
        """The field manager of the release."""
        return field_manager(is_chart=self.is_chart)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object that exists and seems to differ. `change.desired` is what a dry run must send.

    `migrated` is the live object with the fields of its old deployers as ours, where there are any to take over.
    """

    change: Change
    live: Mapping[str, Any] = field(repr=False)
    judge: Judge
    migrated: Mapping[str, Any] | None = field(default=None, repr=False)

    def is_outdated(self, answer: Mapping[str, Any]) -> bool:
        """Return whether a dry run was made on a later version than the live object that was read.

        Its differences would then be partly someone else's, such as a controller's that has just begun to work.
        """
        return bool(answer["metadata"].get("resourceVersion") != self.change.resource_version)

    def judged(self, answer: Mapping[str, Any]) -> Change:
        """Return the change, given what the server's dry run made of it."""
        before, after = visible(self.live), visible(answer)
        found = list(differences(before, after))
        ours = managed_fields.applied_fields(answer, self.judge.manager) or {}
        if found:
            return replace(self.change, fields=tuple(shown for one in found for shown in _shown(self, one, after)))
        if same(managed_fields.applied_fields(self.live, self.judge.manager), ours):
            return replace(_kept(self.change), form=form_of(self.change.desired or {}, self.live, self.judge.manager))
        return replace(self.change, reason=self.change.reason or "ownership", fields=tuple(_gained(self, answer, ours)))

    def without_undeclared(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of the dry run without what the old deployers set and nobody declares.

        The dry run of putting that in the live object's place shows what really goes: the server sets defaults again,
        which old deployers own too.
        """
        fields = managed_fields.applied_fields(self.migrated or {}, self.judge.manager) or {}
        paths = [self._removable(steps) for steps in managed_fields.leaves(self.live, fields)] if fields else []
        places = (counterpart(self.live, answer, steps) for steps in paths if steps)
        return without_paths(answer, (place for place in places if place))

    def adopted(self, answer: Mapping[str, Any]) -> Change:
        """Return the change, given how the object would be in the end."""
        after = visible(answer)
        found = differences(visible(self.live), after)
        fields = tuple(shown for one in found for shown in _shown(self, one, after))
        return replace(self.change, fields=fields, verified=False, unverified_reason=Unverified.ADOPTION)

    def _removable(self, steps: tuple[str, ...]) -> tuple[str, ...]:
        """Return what has to go when a field is not declared: the item of a list as a whole; nothing when it is."""
        sent = self.change.desired or {}
        if counterpart(self.live, sent, steps) is not None:
            return ()
        for length in range(1, len(steps)):
            if isinstance(value_at(self.live, steps[: length - 1]), list):
                item = steps[:length]
                if counterpart(self.live, sent, item) is None:
                    return item
        return steps

    def unverified(self, why: Unverified, problem: str = "") -> Change:
        """Return the change as far as it can be computed without the server."""
        wanted = body(self.change.desired or {})
        basis = self.live if self.migrated is None else self.migrated
        ours = managed_fields.applied_fields(basis, self.judge.manager)
        owned = managed_fields.owned_part(self.live, ours) if ours is not None else {}
        found = list(differences(projection(body(self.live), wanted), wanted))
        found += [one for one in differences(owned, projection(owned, wanted)) if one.new is None]
        fields = tuple(shown for one in found for shown in _shown(self, one, wanted))
        return replace(self.change, fields=fields, verified=False, unverified_reason=why, problem=problem)

    def recreated(self) -> Change:
        """Return the change that deletes the object and makes it anew, where a field cannot change otherwise."""
        change = self.unverified(Unverified.CREATE)
        return replace(
            change, action=Action.RECREATE, reason=IMMUTABLE, desired=change.declared, left_alone=(), is_adoption=False
        )


def compare(desired: Mapping[str, Any], live: Mapping[str, Any] | None, judge: Judge) -> Change | Candidate:
    """Return the change that makes `desired` true; raises Refused when the object belongs to someone else."""
    declared = normalised(desired)
    if judge.is_owner:
        declared = marked(declared, judge.key, is_chart=judge.is_chart)
    if live is None:
        return _created(declared, judge)
    reason = _right_to_change(live, judge)
    moved = migrated(live, judge.manager, taking=reason == TAKE_OWNERSHIP)
    left = left_alone(declared, live, ignored=judge.ignored, scaled=judge.scaled)
    judged = judged_part(declared, left)
    sent = to_send(declared, left, live=live if moved is None else moved, manager=judge.manager)
    change = Change(
        Action.UPDATE,
        object_ref(declared),
        reason=reason,
        declared=declared,
        desired=sent,
        uid=live["metadata"].get("uid"),
        resource_version=live["metadata"].get("resourceVersion"),
        digest=sha256_json(judged),
        live_digest=live_digest(judged, live),
        manager=judge.manager,
        left_alone=left,
        is_adoption=moved is not None,
        additions=additions(declared, live, judge.manager) if moved is None else (),
    )
    if moved is None and _is_written(sent, live, judge.manager):
        return _kept(change)
    form = form_of(sent, live, judge.manager)
    if moved is None and form in judge.forms:
        return replace(_kept(change), form=form)
    return Candidate(change, live, judge, moved)


def unless_recorded(change: Change, owned: Inventory | None) -> Change:
    """Return a change that leaves an object as it is; where no inventory lists that very object, one that adopts it.

    Its marks alone are not enough to make it ours: they may be a copy, and nothing would ever prune it. `owned` None
    means that the inventory may not be read.
    """
    is_ours = owned is None or change.uid is None or owned.owns(change.ref, change.uid)
    if change.action is not Action.KEEP or change.is_preparation or change.is_pruning or is_ours:
        return change
    return replace(change, action=Action.UPDATE, reason=ADOPT)


def live_digest(judged: Mapping[str, Any], live: Mapping[str, Any]) -> str:
    """Return the digest of the live values of the declared fields: what a plan was made against."""
    return sha256_json(projection(body(live), body(judged)))


def _created(declared: Mapping[str, Any], judge: Judge) -> Change:
    return Change(
        Action.CREATE,
        object_ref(declared),
        declared=declared,
        desired=declared,
        digest=sha256_json(declared),
        manager=judge.manager,
        verified=False,
        unverified_reason=Unverified.CREATE,
    )


def _kept(change: Change) -> Change:
    """A no-op: what is left alone is the only thing worth saying about it."""
    reason = next((one.reason for one in change.left_alone if not same(one.declared, one.live)), "")
    return replace(change, action=Action.KEEP, reason=reason)


def _right_to_change(live: Mapping[str, Any], judge: Judge) -> str:
    match ownership(live, judge.key, is_chart=judge.is_chart):
        case Foreign(owner) if not judge.take_ownership:
            ref = object_ref(live)
            raise Refused(
                Problem(
                    "foreignOwner",
                    f"{ref} belongs to {owner}; release {judge.key.release} may not change it",
                    remedy="remove it from one of the two, or run apply --take-ownership",
                )
            )
        case Foreign():
            return TAKE_OWNERSHIP
        case Nobodys() if judge.is_owner:
            return ADOPT
        case _:
            return ""


def _shown(candidate: Candidate, found: Difference, after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    live, manager = candidate.live, candidate.judge.manager
    place = found.steps if found.new is None else counterpart(after, live, found.steps)
    owners = managed_fields.other_owners(live, place, manager) if place is not None and found.old is not None else ()
    return field_changes(live, found, owners=owners, secrets=candidate.judge.secrets)


def _gained(candidate: Candidate, answer: Mapping[str, Any], ours: managed_fields.Fields) -> Iterator[FieldChange]:
    """The values stay, but from now on they are ours, or no longer ours."""
    before = managed_fields.applied_fields(candidate.live, candidate.judge.manager) or {}
    old = set(managed_fields.leaves(candidate.live, before)) if before else set()
    new = set(managed_fields.leaves(answer, ours)) if ours else set()
    for steps in sorted(old ^ new):
        value = value_at(answer, steps)
        yield from field_changes(answer, Difference(steps, value, value), owners=(), secrets=candidate.judge.secrets)


def refreshed(change: Change, live: Mapping[str, Any] | None) -> Change:
    """Return a change for an object that moved on since it was planned, if only what is not ours changed.

    What makes it differ may be our own write, whose answer was lost: then nothing is left to do but to send it again.

    Raises OperationFailed (`changedSincePlan`) when the object is another one, or a declared field differs by now.
    """
    if live is None or live["metadata"].get("uid") != change.uid:
        raise _changed_since(change, "was deleted or made anew")
    declared = change.declared or {}
    sent = to_send(declared, change.left_alone, live=live, manager=change.manager)
    as_planned = live_digest(judged_part(declared, change.left_alone), live) == change.live_digest
    if not as_planned and not _is_written(sent, live, change.manager):
        raise _changed_since(change, "was changed by someone else, in fields that the plan decides")
    return replace(change, desired=sent, resource_version=live["metadata"].get("resourceVersion"))


def _is_written(sent: Mapping[str, Any], live: Mapping[str, Any], manager: str) -> bool:
    """Whether our fields of an object are exactly what is sent, so that an apply would do nothing."""
    ours = managed_fields.applied_fields(live, manager)
    return ours is not None and covers(body(sent), managed_fields.owned_part(live, ours))


def _changed_since(change: Change, what: str) -> OperationFailed:
    message = f"{change.ref} {what} after the plan was made"
    return OperationFailed(Problem("changedSincePlan", message, remedy="plan again, look at it, and apply that"))
