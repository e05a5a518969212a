"""Configuration that belongs to a version: ConfigMaps and copies of Secrets, named by their content, immutable.

`settings` becomes `settings-1f2e3d4c5b`: a new content is a new object, and the old version keeps the old one. The hash
covers app and name too, so no two apps share an object. References in pods to the plain name lead to the hashed one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.naming import APP_LABEL, mark, unit_labels
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import sha256_json
from fairlead.domain.manifests import JsonObject

HASH_DIGITS: Final = 10
CONFIG_MAP: Final = "ConfigMap"
SECRET: Final = "Secret"  # noqa: S105 - a kind

Reference = tuple[str, str]
"""Kind and name of a piece of configuration."""


@dataclass(frozen=True, slots=True)
class SecretContent:
    """What a Secret of the namespace holds, in base64 as in the cluster. Never stored, never shown."""

    data: Mapping[str, str] = field(repr=False)
    type: str = "Opaque"


def configuration(descriptor: Descriptor, secrets: Mapping[str, SecretContent]) -> dict[Reference, dict[str, Any]]:
    """Return the objects of a version by the kind and name that pods use for them.

    Raises:
        InputError: the content of a Secret is missing.
    """
    made: dict[Reference, dict[str, Any]] = {}
    for each in descriptor.config_maps:
        made[CONFIG_MAP, each.name] = _object(descriptor, CONFIG_MAP, each.name, {"data": dict(each.data)})
    for number, name in enumerate(descriptor.secrets):
        if name not in secrets:
            message = f"found no Secret {name} in {descriptor.namespace}"
            remedy = "create it first: each version gets a copy of it"
            raise InputError(Problem("secretMissing", message, path=f"secrets[{number}]", remedy=remedy))
        content = {"type": secrets[name].type, "data": dict(secrets[name].data)}
        made[SECRET, name] = _object(descriptor, SECRET, name, content)
    return made


def _object(descriptor: Descriptor, kind: str, name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    digest = sha256_json([descriptor.app, kind, name, content]).removeprefix("sha256:")
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {
            "name": f"{name}-{digest[:HASH_DIGITS]}",
            "namespace": descriptor.namespace,
            "labels": {APP_LABEL: descriptor.app, **unit_labels(descriptor.app)},
            "annotations": mark(descriptor.namespace, descriptor.app),
        },
        "immutable": True,
        **content,
    }


def references(pod_spec: JsonObject) -> frozenset[Reference]:
    """Return the ConfigMaps and Secrets that a pod uses in volumes and variables."""
    return frozenset((kind, holder[key]) for kind, holder, key in _holders(_copy(pod_spec)))


def redirected(pod_spec: JsonObject, names: Mapping[Reference, str]) -> dict[str, Any]:
    """Return a pod with other names for some of what it uses."""
    changed: dict[str, Any] = _copy(pod_spec)
    for kind, holder, key in _holders(changed):
        holder[key] = names.get((kind, holder[key]), holder[key])
    return changed


def _holders(pod_spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield kind, mapping and key of every name of a ConfigMap or Secret."""
    for volume in pod_spec.get("volumes") or ():
        yield from _named(volume, "configMap", CONFIG_MAP, "name")
        yield from _named(volume, "secret", SECRET, "secretName")
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield from _named(source, "configMap", CONFIG_MAP, "name")
            yield from _named(source, "secret", SECRET, "name")
    for container in (*(pod_spec.get("initContainers") or ()), *pod_spec["containers"]):
        for entry in container.get("env") or ():
            value = entry.get("valueFrom") or {}
            yield from _named(value, "configMapKeyRef", CONFIG_MAP, "name")
            yield from _named(value, "secretKeyRef", SECRET, "name")
        for source in container.get("envFrom") or ():
            yield from _named(source, "configMapRef", CONFIG_MAP, "name")
            yield from _named(source, "secretRef", SECRET, "name")


def _named(holder: dict[str, Any], field_name: str, kind: str, key: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    inner = holder.get(field_name)
    if inner and inner.get(key):
        yield kind, inner, key


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
