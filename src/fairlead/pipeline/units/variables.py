"""Changes the environment variables of a namespace, and finds the apps whose live version has others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.domain.apps.configuration import SecretContent
from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.objects import Inputs
from fairlead.domain.apps.variables import Variable, variable_name
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.identity import ObjectRef
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.live import Live, read_live, served_kinds
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.service import UnitStatus
from fairlead.ports.anchors import AnchorStore
from fairlead.ports.cluster import Cluster
from fairlead.ports.variables import VariableStore

Change = Callable[[Mapping[str, Variable]], Mapping[str, Variable]]
"""From the variables by name, as containers see it, to those that shall be."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """An app whose live version has other variables: its next deployment starts a new version. `names` differ."""

    status: UnitStatus
    version: str
    names: tuple[str, ...]


async def change_variables(store: VariableStore, namespace: str, change: Change) -> tuple[Variable, ...]:
    """Change the variables of a namespace, whoever else does so too, and return them by name."""
    while True:
        old = await store.read(namespace)
        new = tuple(change(_by_name(old.variables)).values())
        if set(new) == set(old.variables):
            return old.variables
        stored = await store.swap(namespace, old, new)
        if stored is not None:
            return stored.variables


async def outdated(
    anchors: AnchorStore, units: Sequence[UnitStatus], variables: Sequence[Variable]
) -> tuple[Outdated, ...]:
    """Return the apps that would be restarted by their next deployment, because variables differ."""
    wanted = {name: one.to_stored() for name, one in _by_name(variables).items()}
    found: list[Outdated] = []
    for status in units:
        live = status.anchor.live
        document = None if live is None else await anchors.version(status.key, live.name)
        if live is None or document is None:
            continue
        contents = Contents.from_json(document)
        has = {variable_name(str(one["name"])): dict(one) for one in contents.variables}
        names = tuple(sorted(name for name in {*has, *wanted} if _differs(has.get(name), wanted.get(name))))
        # What was adopted got no variables from us, and nobody knows a descriptor to deploy it again by.
        if names and contents.descriptor is not None:
            found.append(Outdated(status, live.name, names))
    return tuple(found)


async def inputs_of(cluster: Cluster, store: VariableStore, descriptor: Descriptor) -> Inputs:
    """Return what a version is made of besides its descriptor: stored variables, and what is in its Secrets now.

    A Secret that is not there is left out; making the version says so.
    """
    (found,) = await inputs_for(cluster, store, [descriptor])
    return found


async def inputs_for(cluster: Cluster, store: VariableStore, descriptors: Sequence[Descriptor]) -> list[Inputs]:
    """Return the same for several apps, with few requests for each namespace; raises as `secrets_for`."""
    namespaces = sorted({one.namespace for one in descriptors})
    stored = dict(zip(namespaces, await at_once(map(store.read, namespaces)), strict=True))
    secrets = await secrets_for(cluster, descriptors)
    return [Inputs(stored[one.namespace].variables, held) for one, held in zip(descriptors, secrets, strict=True)]


async def secrets_for(cluster: Cluster, descriptors: Sequence[Descriptor]) -> list[dict[str, SecretContent]]:
    """Return what is in the Secrets that descriptors name, by their names; one that is not there is left out.

    Raises:
        OperationFailed: a Secret may not be read (`secretUnreadable`).
    """
    wanted = {_secret(one.namespace, name) for one in descriptors for name in one.secrets}
    live = await read_live(cluster, await served_kinds(cluster), sorted(wanted)) if wanted else Live()
    if live.unreadable:
        ref, why = min(live.unreadable.items())
        remedy = "ask for a role that may read it: each version gets a copy of it"
        raise OperationFailed(Problem("secretUnreadable", f"{ref}: {why}", remedy=remedy))
    return [_contents(one, live) for one in descriptors]


def _contents(descriptor: Descriptor, live: Live) -> dict[str, SecretContent]:
    found = {name: live.get(_secret(descriptor.namespace, name)) for name in descriptor.secrets}
    return {
        name: SecretContent(one.get("data") or {}, one.get("type") or "Opaque")
        for name, one in found.items()
        if one is not None
    }


def _secret(namespace: str, name: str) -> ObjectRef:
    return ObjectRef("v1", "Secret", namespace, name)


def _by_name(variables: Sequence[Variable]) -> dict[str, Variable]:
    return {variable_name(one.name): one for one in variables}


def _differs(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Tell whether two stored forms mean different things, however their names are spelled."""
    return {**(one or {}), "name": ""} != {**(other or {}), "name": ""}
