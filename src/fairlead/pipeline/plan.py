"""Calculates what a run would do, as one finished value. Nothing is written, no lock is taken.

Few lists show what is live; the domain compares; only what seems to differ is put to the server's dry run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from fairlead.domain.changes import Change, Plan, PlanOptions, ReleasePlan, Unverified
from fairlead.domain.comparing import Candidate, compare, unless_recorded
from fairlead.domain.dependencies import in_order
from fairlead.domain.digests import plan_digest, release_digest
from fairlead.domain.dry_runs import unverified_by
from fairlead.domain.errors import OperationFailed
from fairlead.domain.events import Planned
from fairlead.domain.holding import hold_of_app, with_hold
from fairlead.domain.hook_changes import require_apart, with_due_hooks
from fairlead.domain.hooks import Occasion, hooks_around, require_names
from fairlead.domain.identity import ObjectRef, ReleaseKey, Revision
from fairlead.domain.inventory import Inventory
from fairlead.domain.ordering import ordered
from fairlead.domain.placing import Placed, Scopes, check_objects, place, scopes_of
from fairlead.domain.rollout.anchor import UnitHold
from fairlead.domain.state import Form, ReleaseState, Stored
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.engine import Engine, Wanted, at_once
from fairlead.pipeline.live import Served, served_kinds
from fairlead.pipeline.memory import recall
from fairlead.pipeline.proposing import Proposal, propose, without_home
from fairlead.pipeline.pruning import Inventories, Pruned, claims, prune_releases
from fairlead.pipeline.removal import undeclared
from fairlead.ports.cluster import Cluster, LiveObject

if TYPE_CHECKING:
    from fairlead.domain.state import Stored
    from fairlead.pipeline.units.planning import UnitPart
    from fairlead.ports.anchors import AnchorStore

LOOKS_AT_MOST: Final = 5


async def plan(
    releases: Sequence[Wanted],
    engine: Engine,
    options: PlanOptions | None = None,
    *,
    inventories: Inventories | None = None,
) -> Plan:
    """Return everything that would make the releases true, in the order of their dependencies.

    What a release owns by its inventory and no longer declares is deleted; `inventories` stand in for those stored.

    Raises:
        InputError: an object has no identity, or stands in the plan twice.
        Refused: an object belongs to someone else (`foreignOwner`), all of them named.
        Transient, RemoteRefused: the cluster could not be read.
    """
    options = options or PlanOptions()
    releases = _sorted(releases, options)
    environments = list(dict.fromkeys(wanted.key.environment for wanted in releases))
    catalogues = await at_once(served_kinds(engine.clusters[name]) for name in environments)
    served = dict(zip(environments, catalogues, strict=True))
    scopes = {name: _scopes(releases, name, served[name]) for name in environments}
    objects = {
        wanted.key: tuple(
            place(manifest, wanted.key, scopes[wanted.key.environment])
            for manifest in (() if wanted.is_app else wanted.rendered.manifests)
        )
        for wanted in releases
    }
    check_objects((key, placed) for key, several in objects.items() for placed in several)
    memory = await recall(releases, engine)
    owned = memory.inventories if inventories is None else inventories
    forms = {key: stored.state.forms for key, stored in memory.stored.items() if stored is not None}
    books = _Books(owned, claims([(one, objects[one.key]) for one in releases]), forms, memory.stored)
    parts = await at_once(
        _plan_environment(
            [(one, objects[one.key]) for one in releases if one.key.environment == name],
            served[name],
            engine,
            options=options,
            books=books,
        )
        for name in environments
    )
    near = {one.key.environment: one.target.environment for one in releases}
    by_key = {release.key: release for part in parts for release in part}
    planned = tuple(by_key[one.key] for one in releases)
    for release in planned:
        require_apart(release)
        engine.events.emit(Planned(release.key, sum(change.action.writes for change in release.changes)))
    return Plan(
        planned, plan_digest(release.digest for release in planned), options, undeclared(memory.others, near.values())
    )


def _sorted(releases: Sequence[Wanted], options: PlanOptions) -> list[Wanted]:
    by_key = {wanted.key: wanted for wanted in releases}
    targets = in_order([wanted.target for wanted in releases], declared_order=options.declared_order)
    return [by_key[target.key] for target in targets]


def _scopes(releases: Sequence[Wanted], environment: str, served: Served) -> Scopes:
    """A definition in any release of the same cluster tells the scope of its kind, too."""
    clusters = {wanted.key.cluster for wanted in releases if wanted.key.environment == environment}
    near = [wanted.rendered for wanted in releases if wanted.key.cluster in clusters]
    definitions = (manifest.data for rendered in near for manifest in (*rendered.crds, *rendered.manifests))
    return scopes_of(((*kind, found.namespaced) for kind, found in served.items()), definitions)


@dataclass(frozen=True, slots=True)
class _Books:
    """What releases own, what any of them declares, by cluster, and what the server makes of their objects.

    `stored` is all that is remembered of each.
    """

    inventories: Inventories
    claimed: Mapping[str, frozenset[ObjectRef]]
    forms: Mapping[ReleaseKey, frozenset[Form]]
    stored: Mapping[ReleaseKey, Stored | None]

    def of_objects(self, releases: Iterable[Wanted]) -> Inventories:
        """Return what is owned object by object; what an app was before it became one is left alone."""
        apps = {one.key for one in releases if one.is_app and not one.is_removed}
        return {key: Inventory() if key in apps else owned for key, owned in self.inventories.items()}


async def _plan_environment(
    releases: list[tuple[Wanted, tuple[Placed, ...]]],
    served: Served,
    engine: Engine,
    *,
    options: PlanOptions,
    books: _Books,
) -> list[ReleasePlan]:
    key = releases[0][0].key
    cluster = engine.cluster(key)
    proposals = await propose(cluster, served, releases, take_ownership=options.take_ownership, forms=books.forms)
    members = [wanted for wanted, _ in releases]
    owned = books.of_objects(members)
    pruned = await prune_releases(cluster, served, members, owned, claimed=books.claimed[key.cluster])
    units = await _unit_parts(cluster, engine.anchors.get(key.environment), members, books.stored)
    deciding = _Deciding(cluster, await cluster.uid(), options, books, units)
    known = (replace(one, owned=books.inventories.get(one.wanted.key, Inventory())) for one in proposals)
    return await at_once(deciding.decided(one, pruned[one.wanted.key]) for one in known)


async def _unit_parts(
    cluster: Cluster, anchors: AnchorStore | None, members: Sequence[Wanted], stored: Mapping[ReleaseKey, Stored | None]
) -> Mapping[ReleaseKey, UnitPart]:
    about = [one for one in members if one.is_app or ((was := stored[one.key]) is not None and was.state.was_app)]
    if anchors is None or not about:
        return {}
    from fairlead.pipeline.units.planning import plan_units  # noqa: PLC0415 - only apps need what drives them

    return await plan_units(cluster, anchors, about, stored)


@dataclass(frozen=True, slots=True)
class _Deciding:
    """What the plans of an environment are made of beside their own comparison."""

    cluster: Cluster
    uid: str
    options: PlanOptions
    books: _Books
    units: Mapping[ReleaseKey, UnitPart]

    async def decided(self, proposal: Proposal, pruned: Pruned) -> ReleasePlan:
        """Return the plan of a release, which knows whether a hold forbids it."""
        wanted = proposal.wanted
        part, stored = self.units.get(wanted.key), self.books.stored[wanted.key]
        of_unit, app = ((), None) if part is None else (part.changes, part.app)
        if app is not None and not app.live:  # where something is live, there is a namespace
            of_unit = tuple(without_home(one, proposal.homeless) for one in of_unit)
        verified = await at_once(_verified(one, self.cluster, self.options) for one in (*proposal.changes, *of_unit))
        owned = (unless_recorded(change, proposal.owned) for change in verified)
        changes = (*ordered(_redacted(change, wanted) for change in owned), *pruned.changes)
        before, after = hooks_around(wanted.rendered.hooks, _occasion(proposal))
        require_names((*before, *after), wanted.key, is_chart=wanted.rendered.use is not None)
        release = ReleasePlan(
            wanted.key,
            Revision(wanted.source, wanted.rendered.inputs_digest, wanted.rendered.manifests_digest),
            changes,
            wanted.rendered,
            digest=release_digest(
                self.uid, wanted.key, inputs_digest=wanted.rendered.inputs_digest, changes=changes, app=app
            ),
            hooks_before=before,
            hooks_after=after,
            owned=pruned.owned + len(of_unit),
            notes=(*(part.notes if part is not None else ()), *pruned.notes),
            stored=stored,
            is_removal=wanted.is_removed,
            returns_to=wanted.returns_to,
            rejects=wanted.rejects,
            app=app,
        )
        return self._held(with_due_hooks(release), None if part is None else part.hold)

    def _held(self, release: ReleasePlan, told: UnitHold | None) -> ReleasePlan:
        state = release.stored.state if release.stored is not None else ReleaseState()
        of_app = None if told is None else hold_of_app(state, told, release.revision.inputs_digest)
        return with_hold(release, release_hold=self.options.release_hold, of_app=of_app)


def _occasion(proposal: Proposal) -> Occasion:
    if proposal.wanted.is_removed:
        return Occasion.DELETE
    if proposal.wanted.returns_to is not None:
        return Occasion.ROLLBACK
    return Occasion.INSTALL if proposal.is_install else Occasion.UPGRADE


async def _verified(one: Change | Candidate, cluster: Cluster, options: PlanOptions, *, looks: int = 1) -> Change:
    """Let the server's dry run have the last word on a change, where it can speak.

    An object that moved on between the look and the dry run is looked at again.
    """
    change = one.change if isinstance(one, Candidate) else one
    asked = isinstance(one, Candidate) or (options.verify and change.unverified_reason is Unverified.CREATE)
    if change.desired is None or not asked:
        return change
    try:
        answer = await cluster.apply(change.desired, manager=change.manager, dry_run=True)
    except OperationFailed as error:
        return _unconfirmed(one, error, options)
    if not isinstance(one, Candidate):
        return replace(change, verified=True, unverified_reason=None)
    if one.is_outdated(answer) and looks < LOOKS_AT_MOST:
        again = compare(change.declared or {}, await cluster.get(change.ref), one.judge)
        return await _verified(again, cluster, options, looks=looks + 1)
    return one.judged(answer) if one.migrated is None else await _adopted(one, answer, cluster)


async def _adopted(one: Candidate, answer: LiveObject, cluster: Cluster) -> Change:
    """The dry run of the apply keeps what old deployers set; a second one tells what of it goes."""
    try:
        final = await cluster.replace(one.without_undeclared(answer), manager=one.change.manager, dry_run=True)
    except OperationFailed:
        return one.unverified(Unverified.ADOPTION)
    return one.adopted(final)


def _unconfirmed(one: Change | Candidate, error: OperationFailed, options: PlanOptions) -> Change:
    why, problem = unverified_by(error)
    if not isinstance(one, Candidate):
        return replace(one, unverified_reason=why, problem=problem)
    if options.recreate and error.code == "fieldImmutable":
        return one.recreated()
    return one.unverified(why, problem)


def _redacted(change: Change, wanted: Wanted) -> Change:
    """The server repeats what was sent in its refusals, secrets included."""
    if not change.problem:
        return change
    return replace(change, problem=Redactor.of_release(wanted.rendered).text(change.problem))
