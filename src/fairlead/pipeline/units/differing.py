"""What is wanted of an app beside what is live of it: the same pods, and perhaps something else around them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import VersionSpec
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.describing import under_version


def has_same_pods(anchor: Anchor, spec: VersionSpec) -> bool:
    """Return whether what is live has the pods and configuration of a version."""
    return anchor.live is not None and anchor.live.spec.digest == spec.digest


def is_as_wanted(live: VersionSpec, now: Contents, spec: VersionSpec, contents: Contents) -> bool:
    """Return whether nothing differs, given that the pods and their configuration do not."""
    same_rules = (live.policy, live.workloads) == (spec.policy, spec.workloads)
    return same_rules and same_objects(now, in_place(now, contents))


def same_objects(one: Contents, other: Contents) -> bool:
    """Return whether two contents consist of the same objects."""
    return _objects(one) == _objects(other)


def in_place(now: Contents, contents: Contents) -> Contents:
    """Return what is live as other contents of the same digest want it: around its pods, which stay as they are."""
    wanted = under_version(contents, now.version)
    fixed = ("template", "selector")
    workloads = {
        name: {**manifest, "spec": {**manifest["spec"], **{each: now.workloads[name]["spec"][each] for each in fixed}}}
        for name, manifest in wanted.workloads.items()
    }
    return replace(wanted, digest=now.digest, configuration=now.configuration, workloads=workloads)


def _objects(contents: Contents) -> dict[str, Any]:
    about = ("descriptor", "variables", "evidence")
    return {name: value for name, value in contents.to_json().items() if name not in about}
