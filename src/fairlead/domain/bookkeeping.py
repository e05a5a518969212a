"""How the state of a release changes with a deployment: what is noted before the first write, and what after the last.

The two are one write each. Whatever happens between them, the next run finds in the state what may have been made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from fairlead.domain.app_releases import AppUse
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.changes import Action, Change
from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.hooks import fingerprints, to_stored
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision, object_ref, sha256_json
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.locking import Holder, Lock
from fairlead.domain.moments import parse_moment
from fairlead.domain.records import ObjectOutcome, Record, Recorded, surplus
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.server_forms import form_of
from fairlead.domain.state import Form, ReleaseState, remembered

ARRIVED_WITHIN: Final = timedelta(minutes=5)
"""By then a request has arrived or never will: clients and API servers give up after a minute."""
_MAKING = (Action.CREATE, Action.RECREATE)


def next_number(state: ReleaseState, rendered: RenderedRelease) -> int:
    """Return the number of the next deployment: for a chart, Helm's revision."""
    return state.number + 1 if rendered.use is None else rendered.use.past.next_revision


def begun(state: ReleaseState, changes: Iterable[Change], lock: Lock, *, before: Recorded | None) -> ReleaseState:
    """Return the state with a deployment under way: locked, and what it may make claimed before it is made.

    `before` is the deployment that an earlier holder of the lock did not end.
    """
    made = [change.ref for change in changes if change.action in _MAKING and _is_owned(change)]
    return replace(
        state,
        lock=lock,
        fence=lock.fence,
        number=lock.number,
        claims=_each_once((*state.claims, *made)),
        deployments=state.deployments if before is None else remembered((*state.deployments, before)),
    )


def abandoned(lock: Lock, key: ReleaseKey, *, outcome: Outcome) -> Recorded:
    """Return what is known of a deployment that its own run did not record."""
    revision = Revision(Commit(lock.commit, dirty=False), lock.inputs_digest, "")
    why = "" if outcome.is_good else f"its run, {lock.holder}, did not record its end"
    deployment = Deployment(key, outcome, revision, "", explanation=why, number=lock.number)
    holder = lock.holder
    return Recorded(deployment, lock.since, None, holder.who, holder.host, holder.tool_version)


def finished(
    state: ReleaseState,
    changes: Iterable[Change],
    recorded: Recorded,
    *,
    made: Mapping[ObjectRef, str],
    gone: Iterable[ObjectRef],
    was_read: bool = True,
) -> ReleaseState:
    """Return the state after a deployment. `made` are the UIDs of what was written, `gone` is what was deleted.

    `was_read` says that the plan was made with the inventory: then what it owns and the plan does not know is gone.
    Claims that were not confirmed stay until a deployment succeeds: a creation may have arrived without an answer. They
    stay even then while one that an earlier run sent may still be on its way.
    """
    good, changes = recorded.deployment.outcome.is_good, tuple(changes)
    known = {change.ref.identity for change in changes}
    entries = {entry.ref.identity: entry for entry in state.inventory}
    for identity in [identity for identity in entries if good and was_read and identity not in known]:
        del entries[identity]
    for ref in gone:
        entries.pop(ref.identity, None)
    for change in changes:
        uid = made.get(change.ref, change.uid)
        if uid and _is_owned(change) and change.action is not Action.DELETE:
            entries[change.ref.identity] = InventoryEntry(change.ref, uid)
    deployments = remembered((*state.deployments, recorded))
    is_over = good and not _may_arrive(deployments)
    return replace(
        state,
        inventory=Inventory(tuple(entries.values())),
        lock=None,
        claims=() if is_over else tuple(ref for ref in state.claims if ref.identity not in entries),
        inputs_digest=recorded.deployment.revision.inputs_digest if good else state.inputs_digest,
        deployments=deployments,
    )


def _may_arrive(deployments: Sequence[Recorded]) -> bool:
    """Whether a request of a run that did not end well may still be on its way when the last one ends.

    Nobody saw the end of a run that was killed or taken over, but when the next began it wrote no more.
    """
    now = parse_moment(deployments[-1].finished_at or "")
    ends = [
        parse_moment(one.finished_at or following.started_at)
        for one, following in pairwise(deployments)
        if not one.deployment.outcome.is_good
    ]
    return any(now is not None and end is not None and now - end < ARRIVED_WITHIN for end in ends)


def forgetful(state: ReleaseState, *, kept: int) -> ReleaseState:
    """Return a state that remembers no more deployments than are kept; the records of the others must be gone."""
    forgotten = surplus(state.deployments, kept=kept)
    return replace(state, deployments=tuple(one for one in state.deployments if one not in forgotten))


def knowing_hooks(state: ReleaseState, rendered: RenderedRelease) -> ReleaseState:
    """Return the state after a deployment with its hooks, if it succeeded; those of charts stand on Helm's record."""
    if rendered.use is not None or state.last is None or not state.last.deployment.outcome.is_good:
        return state
    return replace(state, hooks=fingerprints(rendered.hooks, rendered.key.namespace))


def knowing_forms(state: ReleaseState, changes: Iterable[Change], applied: Iterable[Mapping[str, Any]]) -> ReleaseState:
    """Return the state after a deployment with what the server made of its objects; `applied` are what it answered."""
    live = {object_ref(one).identity: one for one in applied}
    forms: set[Form | None] = set()
    for change in changes:
        written = live.get(change.ref.identity)
        forms.add(change.form if written is None else form_of(change.desired or written, written, change.manager))
    return replace(state, forms=frozenset(one for one in forms if one is not None))


def outcomes(
    changes: Iterable[Change], *, done: Iterable[ObjectRef], problems: Mapping[ObjectRef, str]
) -> tuple[ObjectOutcome, ...]:
    """Return what became of each object of a plan."""
    ended = set(done)
    return tuple(
        ObjectOutcome(
            change.ref,
            change.action.value,
            done=change.ref in ended or not change.action.writes,
            problem=problems.get(change.ref, ""),
        )
        for change in changes
    )


def summarised(
    deployment: Deployment,
    rendered: RenderedRelease,
    by: Holder,
    *,
    times: tuple[str, str],
    objects: tuple[ObjectOutcome, ...],
) -> Recorded:
    """Return a deployment as history remembers it. `times` are RFC 3339: when it began and when it ended."""
    chart, values = chart_of(rendered), values_digest(rendered)
    return Recorded(deployment, *times, by.who, by.host, by.tool_version, objects, chart, values)


def full_record(recorded: Recorded, rendered: RenderedRelease) -> Record:
    """Return a deployment with what it was made of."""
    return Record(
        recorded,
        rendered.notes,
        tuple(manifest.data for manifest in rendered.manifests),
        tuple(manifest.data for manifest in rendered.crds),
        tuple(to_stored(hook) for hook in rendered.hooks),
        rendered.secrets,
        None if rendered.app is None else app_record(rendered.app),
    )


def app_record(app: AppUse) -> dict[str, Any]:
    """Return what an app was made of, as it is recorded; Secrets of the namespace by their names only."""
    return {
        "descriptor": descriptor_json(app.descriptor),
        "variables": [one.to_stored() for one in app.inputs.variables],
    }


def chart_of(rendered: RenderedRelease) -> dict[str, str] | None:
    """Return which chart a release was rendered from."""
    if rendered.use is None:
        return None
    chart = rendered.use.chart
    return {"name": chart.name, "version": chart.version, "digest": chart.digest}


def values_digest(rendered: RenderedRelease) -> str | None:
    """Return the digest of the values that a chart was rendered with."""
    return None if rendered.use is None else sha256_json(rendered.use.values)


def _is_owned(change: Change) -> bool:
    """The namespace of an environment and a chart's `crds/` belong to nobody, and what is a unit's to its unit."""
    return not (change.is_preparation or change.is_pruning or change.is_unit)


def _each_once(refs: Iterable[ObjectRef]) -> tuple[ObjectRef, ...]:
    return tuple({ref.identity: ref for ref in refs}.values())
