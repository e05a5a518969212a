"""Kubeconfig files. They are written as JSON, which is YAML too."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.sandbox.pki import KeyPair


@dataclass(frozen=True, slots=True)
class Access:
    """One way into a cluster: its name is that of the context, the cluster and the user alike."""

    name: str
    server: str
    authority: bytes = field(repr=False)
    client: KeyPair = field(repr=False)


def kubeconfig(accesses: Sequence[Access]) -> bytes:
    """Make a kubeconfig with a context for each access; the first is the current one."""
    document: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": accesses[0].name,
        "clusters": [{"name": access.name, "cluster": _cluster(access)} for access in accesses],
        "users": [{"name": access.name, "user": _user(access)} for access in accesses],
        "contexts": [
            {"name": access.name, "context": {"cluster": access.name, "user": access.name}} for access in accesses
        ],
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def _cluster(access: Access) -> dict[str, str]:
    return {"server": access.server, "certificate-authority-data": _base64(access.authority)}


def _user(access: Access) -> dict[str, str]:
    return {
        "client-certificate-data": _base64(access.client.certificate),
        "client-key-data": _base64(access.client.key),
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
