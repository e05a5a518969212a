"""What things are called, and the one text form and digest of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Identity = tuple[str, str, str, str]
"""Group, kind, namespace and name of an object."""


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """The identity of one Kubernetes object. `namespace` is empty for cluster-scoped objects."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def group_kind(self) -> tuple[str, str]:
        """Group and kind: what stays the same when an object is served in several versions."""
        return self.group, self.kind

    @property
    def identity(self) -> Identity:
        """What stays the same of the whole reference when the object is served in several versions."""
        return self.group, self.kind, self.namespace, self.name

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {where}"

    def to_json(self) -> dict[str, Any]:
        """Return the wire form used in plans, records and inventories."""
        return {"apiVersion": self.api_version, "kind": self.kind, "namespace": self.namespace, "name": self.name}


@dataclass(frozen=True, slots=True, order=True)
class ReleaseKey:
    """Which release, and where it runs."""

    environment: str
    cluster: str
    namespace: str
    release: str

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it runs, whatever the environment is called: cluster, namespace and name."""
        return self.cluster, self.namespace, self.release

    def __str__(self) -> str:
        return f"{self.environment}/{self.release}"

    def to_json(self) -> dict[str, str]:
        """Return the four fields that every item of our JSON output carries."""
        return {
            "environment": self.environment,
            "cluster": self.cluster,
            "namespace": self.namespace,
            "release": self.release,
        }


@dataclass(frozen=True, slots=True)
class Commit:
    """Where the declared files came from; `commit` is None outside a Git checkout."""

    commit: str | None
    dirty: bool


@dataclass(frozen=True, slots=True)
class Revision:
    """The exact content of a deployment: what went in, and what it rendered to."""

    source: Commit
    inputs_digest: str
    manifests_digest: str

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "commit": self.source.commit,
            "dirty": self.source.dirty,
            "inputsDigest": self.inputs_digest,
            "manifestsDigest": self.manifests_digest,
        }


def canonical_json(value: object) -> bytes:
    """Return the one byte form of a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256_bytes(data: bytes) -> str:
    """Return the digest of bytes in the form `sha256:HEX`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def sha256_json(value: object) -> str:
    """Return the digest of a JSON value, independent of key order."""
    return sha256_bytes(canonical_json(value))


def object_ref(obj: Mapping[str, Any]) -> ObjectRef:
    """Return the identity that a Kubernetes object states about itself."""
    meta = obj.get("metadata") or {}
    return ObjectRef(
        str(obj.get("apiVersion", "")),
        str(obj.get("kind", "")),
        str(meta.get("namespace") or ""),
        str(meta.get("name") or ""),
    )
