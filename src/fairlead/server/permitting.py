"""What a caller may have rolled out: as the namespace allows, and as the API server says of their own account.

Every object is tried with the rights of the account of the caller, or of the namespace, before anything is
asked of the unit. So nobody gets by Fairlead's rights what they could not have created themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.permissions import forbidden, forbidden_variables, namespace_rules
from fairlead.domain.apps.refusals import in_descriptor
from fairlead.domain.apps.variables import Variable
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import ObjectRef
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.units.trying import refusal
from fairlead.pipeline.units.variables import Change
from fairlead.ports.cluster import Cluster


async def against(
    cluster: Cluster, descriptor: Descriptor, variables: Sequence[Variable], manifests: Sequence[Any]
) -> tuple[Problem, ...]:
    """Return everything that speaks against rolling out what a descriptor and variables were made into.

    It is asked on whose behalf this is.
    """
    namespace = await cluster.get(_namespace(descriptor.namespace))
    if namespace is None:
        message = f"there is no namespace {descriptor.namespace}"
        return (Problem("namespaceMissing", message, path="namespace", remedy="create it first"),)
    if problems := forbidden(descriptor, namespace_rules(namespace), variables):
        return problems
    pairs = zip(manifests, await at_once(refusal(cluster, manifest) for manifest in manifests), strict=True)
    refused = [(manifest, error) for manifest, error in pairs if error is not None]
    return tuple(in_descriptor(problem, descriptor, each) for each, error in refused for problem in error.problems)


async def ruled_out(cluster: Cluster, descriptor: Descriptor) -> tuple[Problem, ...]:
    """Return what the namespace of a descriptor forbids of it; nothing while that is not there."""
    namespace = await cluster.get(_namespace(descriptor.namespace))
    return () if namespace is None else forbidden(descriptor, namespace_rules(namespace), ())


async def permitted(cluster: Cluster, namespace: str, change: Change) -> Change:
    """Return a change of a namespace's variables that raises `InputError` where it lets apps use forbidden Secrets.

    What was stored before counts when it is deployed, so that it does not keep anybody from setting others.
    """
    rules = namespace_rules(await cluster.get(_namespace(namespace)) or {})

    def checked(old: Mapping[str, Variable]) -> Mapping[str, Variable]:
        new = change(old)
        if problems := forbidden_variables([one for name, one in new.items() if one != old.get(name)], rules):
            raise InputError(problems)
        return new

    return checked


def _namespace(name: str) -> ObjectRef:
    return ObjectRef("v1", "Namespace", "", name)
