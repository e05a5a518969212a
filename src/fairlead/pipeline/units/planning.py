"""Plans the apps among releases: what becomes of each unit, from its anchor and what is stored of its versions.

One list of anchors for each namespace, and one of each kind that live versions consist of; what is stored of versions
is only read where something differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from fairlead.domain import app_planning
from fairlead.domain.app_releases import AppPlan, AppUse, Verdict
from fairlead.domain.apps.objects import version_digest
from fairlead.domain.changes import Change
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.identity import ReleaseKey, object_ref
from fairlead.domain.rollout.anchor import Anchor, UnitHold
from fairlead.domain.rollout.phases import Phase, VersionState
from fairlead.domain.state import Stored
from fairlead.domain.units import UnitKey
from fairlead.pipeline.engine import Wanted, at_once
from fairlead.pipeline.units import changing
from fairlead.pipeline.units.anchoring import held_as
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.describing import contents_of, spec_of
from fairlead.pipeline.units.differing import in_place, is_as_wanted
from fairlead.pipeline.units.drifting import Drift, Found, drifts, found_in, standing
from fairlead.ports.anchors import Anchored, AnchorStore
from fairlead.ports.cluster import Cluster

_ADOPTED: Final = frozenset({"Deployment", "Service"})


@dataclass(frozen=True, slots=True)
class UnitPart:
    """What a plan says of the unit of a release. `hold` forbids to deploy what is declared.

    `standing` is what a live version that stays wants to be there, None where the plan needs no look at that.
    """

    app: AppPlan
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    hold: UnitHold | None = None
    standing: Contents | None = field(default=None, repr=False)

    def with_drifts(self, found: Sequence[Drift], secrets: Sequence[str]) -> UnitPart:
        """Return the part with what others did to the live version, which is taken back in place."""
        if not found:
            return self
        told = {one.ref: app_planning.repaired(one.wanted, one.live, one.fields, secrets=secrets) for one in found}
        app = replace(self.app, verdict=Verdict.IN_PLACE)
        return replace(self, app=app, changes=tuple(told.get(one.ref, one) for one in self.changes))


async def plan_units(
    cluster: Cluster,
    anchors: AnchorStore,
    releases: Sequence[Wanted],
    stored: Mapping[ReleaseKey, Stored | None],
) -> Mapping[ReleaseKey, UnitPart]:
    """Return what becomes of the units of releases that are apps, or were.

    Raises:
        Refused: a release was something else before, or is now, and what it left is in the way (`wasNoApp`, `wasApp`).
        OperationFailed: an anchor cannot be read (`anchorInvalid`, `anchorTooNew`).
    """
    namespaces = sorted({one.key.namespace for one in releases})
    found = dict(zip(namespaces, await at_once(map(anchors.all_in, namespaces)), strict=True))
    units = [_Unit(one, anchors, _anchor(one, found[one.key.namespace])) for one in releases]
    _require_apart(units, stored)
    parts = await at_once(one.part() for one in units)
    judged = [(one, part) for one, part in zip(units, parts, strict=True) if part is not None]
    there = dict(zip(namespaces, await at_once(_there(cluster, name, judged) for name in namespaces), strict=True))
    compared = await at_once(one.compared(cluster, part, there[one.wanted.key.namespace]) for one, part in judged)
    return {one.wanted.key: part for (one, _), part in zip(judged, compared, strict=True)}


async def _there(cluster: Cluster, namespace: str, judged: Sequence[tuple[_Unit, UnitPart]]) -> Found:
    """Return what is in a namespace of the live versions that stay."""
    near = [part.standing for one, part in judged if one.wanted.key.namespace == namespace]
    return await found_in(cluster, namespace, (obj for one in near if one is not None for obj in standing(one)))


def _anchor(wanted: Wanted, found: Mapping[str, Anchored]) -> Anchor:
    key = unit_key(wanted.key)
    return held_as(found.get(key.name, Anchored()), key).anchor


def unit_key(key: ReleaseKey) -> UnitKey:
    """Return the unit of a release that is an app; both have one name."""
    return UnitKey(key.cluster, key.namespace, key.release)


def _require_apart(units: Sequence[_Unit], stored: Mapping[ReleaseKey, Stored | None]) -> None:
    """Refuse a release that became an app, or is none any more, while what it was is still there."""
    problems = [one.refusal(stored[one.wanted.key]) for one in units]
    if refused := [one for one in problems if one is not None]:
        raise Refused(refused)


@dataclass(frozen=True, slots=True)
class _Unit:
    wanted: Wanted
    anchors: AnchorStore
    anchor: Anchor

    def refusal(self, stored: Stored | None) -> Problem | None:
        key = self.wanted.key
        if self.wanted.is_removed:
            return None
        if not self.wanted.is_app:
            if not any(self.anchor.present):
                return None
            message = f"{key} is an app in the cluster, and none in the files"
            remedy = f"remove the app first: `fairlead undeploy {key.release} -e {key.environment}`"
            return Problem("wasApp", message, remedy=remedy)
        moving = [] if stored is None else [one.ref for one in stored.state.inventory if one.ref.kind in _ADOPTED]
        if not moving:
            return None
        message = f"{key} is an app now, and was none: it owns {', '.join(map(str, moving))}"
        remedy = f"let the app take it over: `fairlead deploy --release {key.release} -e {key.environment}`"
        if stored is not None and stored.state.was_chart(otherwise=False):
            message += ", which a chart made and no app can take over"
            remove = f"`fairlead delete {key.environment} {key.release}`"
            remedy = f"give the app another name and remove this release when it is out of use, or before: {remove}"
        return Problem("wasNoApp", message, remedy=remedy)

    async def part(self) -> UnitPart | None:
        """Return what becomes of the unit; None when there is none, and none is wanted."""
        use = self.wanted.rendered.app
        if self.wanted.is_removed:
            return await self._removal()
        return None if use is None else await self._judged(use)

    async def _judged(self, use: AppUse) -> UnitPart:
        digest = version_digest(use.descriptor, use.inputs)
        known = app_planning.known_as(self.anchor, digest)
        is_same = known is not None and await self._is_same(known, use)
        app = app_planning.judged(self.anchor, use, known, is_same=is_same)
        hold = self.anchor.hold
        holds = hold is not None and hold.digest == digest and app.verdict is Verdict.NEW_VERSION
        stays = known is not None and not known.intent and self.anchor.phase is Phase.IDLE
        wanted = await self._standing(app, use) if stays else None
        changes = await self._changes(app, use)
        return UnitPart(app, changes, self._notes(app, use), hold if holds else None, wanted)

    async def _standing(self, app: AppPlan, use: AppUse) -> Contents | None:
        """Return what a live version that stays is to consist of; None where another one comes."""
        if app.verdict not in (Verdict.UNCHANGED, Verdict.IN_PLACE):
            return None
        wanted = contents_of(use.descriptor, app.live, use.inputs)
        now = await self._stored(app.live) if app.verdict is Verdict.IN_PLACE else None
        return wanted if now is None else in_place(now, wanted)

    async def compared(self, cluster: Cluster, part: UnitPart, there: Found) -> UnitPart:
        """Return the part with what the live version is not in the cluster, though it stays as declared."""
        if part.standing is None:
            return part
        found = await drifts(cluster, part.standing, there)
        routes = {object_ref(one) for one in part.standing.routes}
        astray = [str(one.ref) for one in found if one.ref in routes and one.leads_elsewhere]
        told = part.with_drifts(found, self.wanted.rendered.secrets)
        return replace(told, notes=(*told.notes, *app_planning.astray_notes(self.wanted.key, astray)))

    def _notes(self, app: AppPlan, use: AppUse) -> tuple[str, ...]:
        live, blocked = self.anchor.live, self.anchor.blocked
        notes = () if blocked is None else (f"blocked: {blocked.explanation}",)
        if app.verdict is not Verdict.IN_PLACE or live is None:
            return notes
        wanted = spec_of(use.descriptor, contents_of(use.descriptor, live.name, use.inputs))
        return (*notes, *app_planning.rule_notes(live.spec, wanted.beside(live.spec)))

    async def _is_same(self, known: app_planning.Goal, use: AppUse) -> bool:
        contents = contents_of(use.descriptor, known.spec.version, use.inputs)
        spec = spec_of(use.descriptor, contents).beside(known.spec)
        if spec.source == known.spec.source:
            return True
        now = await self._stored(known.spec.version)
        return now is not None and is_as_wanted(known.spec, now, spec, contents)

    async def _changes(self, app: AppPlan, use: AppUse) -> tuple[Change, ...]:
        secrets = self.wanted.rendered.secrets
        if app.verdict is Verdict.BACK:
            target, live = await at_once((self._stored(app.version), self._stored(app.live)))
            version = self.anchor.version(app.version)
            is_gone = version is not None and version.state is VersionState.ABSENT
            return () if target is None else changing.returning(target, live, secrets, is_gone=is_gone)
        wanted = contents_of(use.descriptor, app.version, use.inputs)
        if not app.writes:
            return changing.unchanged(wanted, is_live=app.verdict is Verdict.UNCHANGED)
        live = await self._stored(app.live)
        if app.verdict is Verdict.IN_PLACE and live is not None:
            return changing.around(live, wanted, secrets)
        return changing.new_version(wanted, use, live, secrets)

    async def _removal(self) -> UnitPart | None:
        names = [one.name for one in self.anchor.present]
        if not names and self.anchor.undeploy is None:
            return None
        found = await at_once(map(self._stored, names))
        return UnitPart(app_planning.removed(self.anchor), changing.removal(one for one in found if one is not None))

    async def _stored(self, version: str) -> Contents | None:
        """Return what a version consists of, None where nothing is stored of it."""
        document = await self.anchors.version(unit_key(self.wanted.key), version) if version else None
        return None if document is None else Contents.from_json(document)
