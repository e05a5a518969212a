"""Compares the releases of one environment with what is live there, without asking for a single dry run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fairlead.domain.autoscaling import AUTOSCALERS, Scaled, has_replicas, scaled_by
from fairlead.domain.changes import UNKNOWN, Action, Change, Unverified
from fairlead.domain.comparing import Candidate, Judge, compare
from fairlead.domain.config import Crds
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.inventory import Inventory
from fairlead.domain.manifests import Manifest
from fairlead.domain.marks import Ours, ownership
from fairlead.domain.ordering import defined_kinds
from fairlead.domain.placing import Placed
from fairlead.domain.preparing import definition_change, definition_update, namespace_change, namespace_ref
from fairlead.domain.state import Form
from fairlead.pipeline.engine import Wanted, at_once
from fairlead.pipeline.live import Live, Served, read_all, read_live
from fairlead.ports.cluster import Cluster

_NO_DEFINITION: Final = (
    "the cluster serves no {} of {}, and nothing in this run defines it; apply waits a while for it, after the rest of "
    "the release - install its CustomResourceDefinition first, or add it"
)
_OTHER_VERSION: Final = "the cluster serves no {} of {}, only of {} - write that apiVersion"

Releases = Sequence[tuple[Wanted, tuple[Placed, ...]]]

_NO_NAMESPACE: Final = (
    "namespace {} does not exist and nothing in this run makes it; set `createNamespace: true` in the environment, "
    "or create it first"
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What comparing says of one release. `is_install` means that nothing of it exists yet.

    `homeless` says why nothing can be made in its namespace yet, empty where this run makes it; None: it is there.
    `owned` is its inventory, None where that may not be read.
    """

    wanted: Wanted
    changes: tuple[Change | Candidate, ...]
    is_install: bool
    homeless: str | None = None
    owned: Inventory | None = None


async def propose(
    cluster: Cluster,
    served: Served,
    releases: Releases,
    *,
    take_ownership: bool = False,
    forms: Mapping[ReleaseKey, frozenset[Form]] | None = None,
) -> list[Proposal]:
    """Return the proposals of all releases of an environment; raises Refused with every foreign owner found.

    `forms` are what each release knows of what the server makes of its objects.
    """
    live = await read_live(cluster, served, _identities(releases))
    scaled = await _scaled(cluster, served, releases)
    prepared = _preparations(releases, live)
    surroundings = _Surroundings(served, live, _made(releases, prepared), _defined(releases))
    proposals: list[Proposal] = []
    refusals: list[Problem] = []
    for wanted, objects in releases:
        judge = Judge(
            wanted.key,
            is_chart=wanted.target.is_chart,
            ignored=wanted.target.release.ignore_fields,
            scaled=scaled,
            secrets=wanted.rendered.secrets,
            take_ownership=take_ownership,
            forms=(forms or {}).get(wanted.key, frozenset()),
        )
        if not take_ownership:
            refusals += _other_chart(wanted)
        changes: list[Change | Candidate] = []
        for one in (*prepared[wanted.key], *objects):
            try:
                changes.append(surroundings.judged(one, judge))
            except Refused as error:
                refusals += error.problems
        is_install = not wanted.rendered.is_known_to_helm and _is_install(objects, live, judge)
        homeless = surroundings.homeless(wanted.key.namespace)
        proposals.append(Proposal(wanted, tuple(changes), is_install, homeless))
    if refusals:
        raise Refused(refusals)
    return proposals


def _other_chart(wanted: Wanted) -> list[Problem]:
    """A release of Helm's that has our name and another chart is somebody else's."""
    use = wanted.rendered.use
    if use is None or use.past.chart in ("", use.chart.name):
        return []
    message = f"{wanted.key} is a release of chart {use.past.chart} in Helm's records, and of {use.chart.name} here"
    remedy = "give the release another name, or run apply --take-ownership"
    return [Problem("foreignOwner", message, remedy=remedy)]


def _identities(releases: Releases) -> list[ObjectRef]:
    found: dict[ObjectRef, None] = {}
    for wanted, objects in releases:
        found |= dict.fromkeys(manifest.ref for manifest in wanted.rendered.crds)
        found |= dict.fromkeys(placed.ref for placed in objects)
        namespaces = {wanted.key.namespace, *(placed.ref.namespace for placed in objects)} - {""}
        found |= dict.fromkeys(namespace_ref(name) for name in sorted(namespaces))
    return list(found)


async def _scaled(cluster: Cluster, served: Served, releases: Releases) -> frozenset[Scaled]:
    """Return what autoscalers target: those that live where we have replicas to set, and those in the plan."""
    everything = [placed for _, objects in releases for placed in objects]
    namespaces = {placed.ref.namespace for placed in everything if has_replicas(placed.data)}
    live = await at_once(
        read_all(cluster, served, group=group, kind=kind, namespaces=namespaces) for group, kind in AUTOSCALERS
    )
    return scaled_by([placed.data for placed in everything]) | scaled_by(obj for found in live for obj in found)


def _preparations(releases: Releases, live: Live) -> dict[ReleaseKey, list[Change | Manifest]]:
    """The first release that needs something brings it; the releases stand in the order of their dependencies.

    What stands there as a manifest is a definition to bring up to date.
    """
    made = {placed.ref for _, objects in releases for placed in objects}
    found: dict[ReleaseKey, list[Change | Manifest]] = {}
    for wanted, _ in releases:
        changes = found.setdefault(wanted.key, [])
        namespace = namespace_ref(wanted.key.namespace)
        makes = wanted.target.environment.create_namespace and not wanted.is_removed
        if makes and namespace not in made and live.is_missing(namespace):
            changes.append(namespace_change(namespace.name))
            made.add(namespace)
        for manifest in wanted.rendered.crds:
            replaces = wanted.target.release.crds is Crds.REPLACE and manifest.ref not in made
            exists = manifest.ref in made or not live.is_missing(manifest.ref)
            updates = replaces and live.get(manifest.ref) is not None
            changes.append(manifest if updates else definition_change(manifest, exists=exists))
            made.add(manifest.ref)
    return found


def _made(releases: Releases, prepared: Mapping[ReleaseKey, Sequence[Change | Manifest]]) -> frozenset[ObjectRef]:
    declared = {placed.ref for _, objects in releases for placed in objects}
    return frozenset(declared | {change.ref for changes in prepared.values() for change in changes})


def _defined(releases: Releases) -> frozenset[tuple[str, str]]:
    """Return the (group, kind) that definitions in the plan add."""
    definitions = [placed.data for _, objects in releases for placed in objects]
    definitions += [manifest.data for wanted, _ in releases for manifest in wanted.rendered.crds]
    return frozenset(kind for one in definitions for kind in defined_kinds(one))


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What is served and live, and what the plan itself will make and define."""

    served: Served
    live: Live
    made: frozenset[ObjectRef]
    defined: frozenset[tuple[str, str]]

    def judged(self, one: Change | Manifest | Placed, judge: Judge) -> Change | Candidate:
        match one:
            case Placed():
                return self._compared(one, judge)
            case Manifest():
                return definition_update(one, self.live.get(one.ref) or {}, judge)
            case change:
                return change

    def _compared(self, placed: Placed, judge: Judge) -> Change | Candidate:
        ref = placed.ref
        if ref in self.live.unreadable:
            unknown = Change(Action.UPDATE, ref, reason=UNKNOWN, verified=False, unverified_reason=Unverified.FORBIDDEN)
            return replace(unknown, problem=self.live.unreadable[ref])
        found = compare(placed.data, self.live.get(ref), judge)
        if isinstance(found, Change) and found.action is Action.CREATE:
            return self._created(found)
        return found

    def _created(self, change: Change) -> Change:
        ref = change.ref
        if (ref.api_version, ref.kind) not in self.served:
            return self._unserved(change)
        return change if not ref.namespace else without_home(change, self.homeless(ref.namespace))

    def homeless(self, name: str) -> str | None:
        """Return why nothing can be made in a namespace yet, empty where this run makes it; None: it is there."""
        namespace = namespace_ref(name)
        if not self.live.is_missing(namespace):
            return None
        return "" if namespace in self.made else _NO_NAMESPACE.format(name)

    def _unserved(self, change: Change) -> Change:
        """A kind may yet come, with an operator say; another version of a kind that is there will not."""
        ref = change.ref
        if ref.group_kind in self.defined:
            return replace(change, unverified_reason=Unverified.CRD_NOT_YET)
        versions = [kind.api_version for kind in self.served.values() if kind.group_kind == ref.group_kind]
        if versions:
            problem = _OTHER_VERSION.format(ref.kind, ref.api_version, ", ".join(sorted(versions)))
            return replace(change, unverified_reason=Unverified.REFUSED, problem=problem)
        problem = _NO_DEFINITION.format(ref.kind, ref.api_version)
        return replace(change, unverified_reason=Unverified.CRD_NOT_YET, problem=problem)


def without_home(change: Change, homeless: str | None) -> Change:
    """Return a creation that knows about its namespace."""
    if homeless is None:
        return change
    return replace(change, unverified_reason=Unverified.NAMESPACE_NOT_YET, problem=homeless)


def _is_install(objects: Iterable[Placed], live: Live, judge: Judge) -> bool:
    existing = (live.get(placed.ref) for placed in objects)
    return not any(
        isinstance(ownership(obj, judge.key, is_chart=judge.is_chart), Ours) for obj in existing if obj is not None
    )
