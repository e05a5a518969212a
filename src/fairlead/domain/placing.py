"""The objects of a release where they belong: each with its scope's namespace, each only once in a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import Identity, ObjectRef, ReleaseKey, object_ref
from fairlead.domain.manifests import Manifest
from fairlead.domain.ordering import defined_kinds

Scopes = Mapping[tuple[str, str], bool]


@dataclass(frozen=True, slots=True)
class Placed:
    """An object in the namespace where it belongs, and the manifest it came from."""

    data: Mapping[str, Any]
    manifest: Manifest

    @property
    def ref(self) -> ObjectRef:
        """The identity of the object."""
        return object_ref(self.data)


def place(manifest: Manifest, key: ReleaseKey, scopes: Scopes) -> Placed:
    """Return the object in the namespace that its scope demands: the release's own when it names none.

    `scopes` says of (group, kind) whether its objects live in namespaces. A kind that nobody knows yet is taken to, as
    most do.
    """
    metadata = dict(manifest.data.get("metadata") or {})
    if not scopes.get(manifest.ref.group_kind, True):
        metadata.pop("namespace", None)
    elif not metadata.get("namespace"):
        metadata["namespace"] = key.namespace
    return Placed({**manifest.data, "metadata": metadata}, manifest)


def check_objects(objects: Iterable[tuple[ReleaseKey, Placed]]) -> None:
    """Refuse objects without an identity, and objects that stand twice in what one cluster shall hold."""
    problems: list[Problem] = []
    seen: dict[tuple[str, Identity], tuple[ReleaseKey, Manifest]] = {}
    for key, placed in objects:
        ref, manifest = placed.ref, placed.manifest
        if missing := [name for name in ("api_version", "kind", "name") if not getattr(ref, name)]:
            problems.append(_incomplete(key, manifest, missing))
            continue
        identity = (key.cluster, ref.identity)
        earlier = seen.setdefault(identity, (key, manifest))
        if earlier[1] is not manifest:
            problems.append(_twice(ref, key, manifest, earlier))
    if problems:
        raise InputError(problems)


def scopes_of(served: Iterable[tuple[str, str, bool]], definitions: Iterable[Mapping[str, Any]]) -> Scopes:
    """Return the scope of every kind, as the cluster serves it or as a definition in the plan will."""
    scopes = {kind: crd["spec"].get("scope") != "Cluster" for crd in definitions for kind in defined_kinds(crd)}
    for api_version, kind, namespaced in served:
        scopes[api_version.rpartition("/")[0], kind] = namespaced
    return scopes


def _incomplete(key: ReleaseKey, manifest: Manifest, missing: list[str]) -> Problem:
    metadata = manifest.data.get("metadata") or {}
    if missing == ["name"] and metadata.get("generateName"):
        return Problem(
            "generateName",
            f"release {key.release} has a {manifest.ref.kind} with generateName: every run would make a new one",
            file=manifest.source,
            line=manifest.line,
            path="metadata.generateName",
            remedy="give it a name; only hooks of manifest releases may use generateName",
        )
    names = ["apiVersion" if name == "api_version" else name for name in missing]
    return Problem(
        "objectIncomplete",
        f"release {key.release} has an object without {' and '.join(names)}",
        file=manifest.source,
        line=manifest.line,
        remedy="every Kubernetes object needs apiVersion, kind and metadata.name",
    )


def _twice(ref: ObjectRef, key: ReleaseKey, manifest: Manifest, earlier: tuple[ReleaseKey, Manifest]) -> Problem:
    where = f"release {earlier[0].release} ({earlier[1].source})" if earlier[0] != key else earlier[1].source
    return Problem(
        "duplicateObject",
        f"{ref} is in release {key.release} and also in {where}; each object can have only one owner",
        file=manifest.source,
        line=manifest.line,
        remedy="remove one of the two, or give it another name",
    )
