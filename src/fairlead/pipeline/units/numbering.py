"""Gives versions their names: the next number, or the one that a descriptor says, once and to nobody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.objects import Inputs, version_digest
from fairlead.domain.apps.versions import next_version, version_number
from fairlead.domain.errors import Problem, Refused
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import VersionSpec, specs_of
from fairlead.domain.rollout.phases import VersionState
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.anchoring import read_anchor, swap_anchor
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.describing import contents_of
from fairlead.pipeline.units.place import Place

Check = Callable[[Anchor], Awaitable[None]]
"""Asked of the anchor before anything is stored: raises if nothing may be."""


def wished(descriptor: Descriptor, inputs: Inputs) -> VersionSpec:
    """Return what is known of a version before it has a name.

    Raises:
        InputError: the content of a Secret that the descriptor names is missing.
    """
    digest = version_digest(descriptor, inputs)
    return VersionSpec(version=descriptor.version, digest=digest, workloads={}, routes=())


async def reserved(place: Place, key: UnitKey, descriptor: Descriptor, inputs: Inputs, check: Check) -> Contents:
    """Reserve a version for a descriptor, store what it consists of, and return that.

    Raises:
        InputError: the content of a Secret that the descriptor names is missing.
        Refused: the version that it names exists already (`versionTaken`); or the check does not let it pass.
    """
    if not descriptor.is_automatic:
        contents = contents_of(descriptor, descriptor.version, inputs)
        held = await read_anchor(place.anchors, key)
        await check(held.anchor)
        if not _is_same_as_live(held.anchor, contents):
            if _knows(held.anchor, contents.version) or not await place.anchors.add_version(
                key, contents.version, contents.to_json()
            ):
                raise _taken(key, contents.version)
            return contents
    while True:  # somebody may name a version like the number, right after the names were read
        version = await _number(place, key, check)
        contents = contents_of(descriptor, version, inputs)
        if await place.anchors.add_version(key, version, contents.to_json()):
            return contents


async def _number(place: Place, key: UnitKey, check: Check) -> str:
    """Return the next number, which nobody else gets any more."""
    stored = await place.anchors.versions(key)
    while True:
        held = await read_anchor(place.anchors, key)
        await check(held.anchor)
        names = [one.name for one in held.anchor.versions]
        version = next_version([*names, *stored], held.anchor.counter)
        counted = replace(held.anchor, counter=version_number(version) or 0)
        if await swap_anchor(place.anchors, key, held, counted, held.driver) is not None:
            return version


def _is_same_as_live(anchor: Anchor, contents: Contents) -> bool:
    live = anchor.live
    return live is not None and (live.name, live.spec.digest) == (contents.version, contents.digest)


def _knows(anchor: Anchor, version: str) -> bool:
    known = anchor.version(version)
    queued = {spec.version for spec in specs_of((*anchor.queue, *anchor.waiting))}
    return version in queued or (known is not None and known.state is not VersionState.ABSENT)


def _taken(key: UnitKey, version: str) -> Refused:
    message = f"version {version} of {key} exists already, with other contents"
    return Refused(Problem("versionTaken", message, path="newVersion", remedy="name another version, or write #"))
