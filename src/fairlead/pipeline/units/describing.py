"""From a descriptor to what a version consists of, and to what the machine has to know of it."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.domain.apps.configuration import HASH_DIGITS, SECRET, SecretContent
from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.naming import workload_name
from fairlead.domain.apps.objects import Inputs, version_objects
from fairlead.domain.apps.unit_objects import HTTP_ROUTE, unit_objects
from fairlead.domain.apps.variables import Variable
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.declaring.apps.reading import read_descriptor
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.identity import object_ref, sha256_json
from fairlead.domain.manifests import JsonObject
from fairlead.domain.reading import branch, entries, text
from fairlead.domain.rollout.intents import Policy, VersionSpec
from fairlead.domain.rollout.traffic import Backend, Route, RouteTarget, Selector, Weights
from fairlead.pipeline.units.contents import Contents


def contents_of(descriptor: Descriptor, version: str, inputs: Inputs) -> Contents:
    """Return what a version of a descriptor consists of. `version` is the real one, never `#`.

    Raises:
        InputError: the content of a Secret that the descriptor names is missing.
    """
    objects = version_objects(descriptor, version, inputs)
    unit = unit_objects(descriptor, version, version)
    names = [workload_name(descriptor.app, one.name) for one in descriptor.workloads]
    return Contents(
        version=version,
        digest=objects.digest,
        configuration=objects.configuration,
        services=objects.services,
        workloads=dict(zip(names, objects.workloads, strict=True)),
        budgets=objects.budgets,
        autoscalers=objects.autoscalers,
        routes=(*unit.services, *unit.http_routes),
        previews=unit.previews,
        outside=() if unit.ingress is None else (unit.ingress,),
        descriptor=descriptor_json(descriptor),
        variables=tuple(one.to_stored() for one in inputs.variables),
    )


def spec_of(descriptor: Descriptor, contents: Contents) -> VersionSpec:
    """Return what the machine has to know of a version."""
    exposure = descriptor.exposure
    names = [workload_name(descriptor.app, one.name) for one in descriptor.workloads]
    return VersionSpec(
        version=contents.version,
        digest=contents.digest,
        workloads=dict(zip(names, (one.replicas for one in descriptor.workloads), strict=True)),
        routes=routes_of(contents),
        hosts=() if exposure.host is None else (exposure.host,),
        autoscaled=bool(contents.autoscalers),
        preview=bool(contents.previews),
        policy=policy_of(descriptor),
        source=source_of(descriptor, contents),
    )


def source_of(descriptor: Descriptor, contents: Contents) -> str:
    """Return the digest of everything that a version is made of, whatever it is called."""
    said = {name: value for name, value in descriptor_json(descriptor).items() if name != "newVersion"}
    return sha256_json([said, contents.digest, [dict(one) for one in contents.variables]])


def routes_of(contents: Contents) -> tuple[RouteTarget, ...]:
    """Return where traffic goes while a version is live."""
    return tuple(RouteTarget(object_ref(route), _route(contents.version, route)) for route in contents.routes)


def _route(version: str, route: JsonObject) -> Route:
    """Return how a route of a version leads to it: all its backends are of that version."""
    if (route["apiVersion"], route["kind"]) != HTTP_ROUTE:
        return Selector(dict(branch(route, "spec", "selector")))
    backends = (each for rule in entries(route, "spec", "rules") for each in entries(rule, "backendRefs"))
    return Weights(tuple(Backend(each["name"], version, each["weight"], each["port"]) for each in backends))


def policy_of(descriptor: Descriptor) -> Policy:
    """Return how a descriptor wants to be rolled out."""
    rules, health = descriptor.rules, descriptor.health
    return Policy(
        automatic=rules.promote_after == 0,
        auto_promote_after=rules.promote_after or None,
        preview_replicas=rules.preview_replicas,
        min_ready=rules.min_ready,
        verify=bool(rules.verify),
        soak=bool(rules.soak.gates),
        soak_for=rules.soak.seconds,
        health=health.enabled and not health.ignored,
        hot_for=rules.hot_for,
        drain_timeout=rules.drain_timeout,
        warm_for=rules.warm_for,
        keep_failed=rules.keep_failed,
    )


def descriptor_of(contents: Contents) -> Descriptor | None:
    """Return the descriptor that a version was made of, None for what was adopted.

    Raises:
        OperationFailed: what is stored is none (`anchorInvalid`).
    """
    if contents.descriptor is None:
        return None
    found = read_descriptor(contents.descriptor)
    if isinstance(found, Descriptor):
        return found
    message = f"cannot read the descriptor of version {contents.version}: {found[0].message}"
    raise OperationFailed(Problem("anchorInvalid", message))


def under_version(contents: Contents, version: str) -> Contents:
    """Return what the same descriptor consists of under the name of another version."""
    descriptor = descriptor_of(contents)
    if descriptor is None:
        return contents
    variables = [Variable.from_stored(one) for one in contents.variables]
    return contents_of(descriptor, version, Inputs(variables, _secrets(descriptor.secrets, contents)))


def _secrets(names: Sequence[str], contents: Contents) -> dict[str, SecretContent]:
    """Return the Secrets that a version has copies of, by the names of the originals."""
    copies = {
        text(one, "metadata", "name")[: -HASH_DIGITS - 1]: SecretContent(dict(one["data"]), text(one, "type"))
        for one in contents.configuration
        if one["kind"] == SECRET
    }
    return {name: copies[name] for name in names}
