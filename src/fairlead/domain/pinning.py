"""What `init` writes down about a context, and when it may write over one.

A context `env:NAME` carries a pin as a kubeconfig extension: the fingerprint of the cluster that it led to, and the
repository that it was made for. kubectl, gcloud and az keep extensions when they rewrite a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fairlead.domain.kubeconfig import Entry, Kubeconfig

EXTENSION = "fairlead.dev/context"


@dataclass(frozen=True, slots=True)
class Pin:
    """`cluster` is its declared name (for people), `repository` the absolute path of the repository's root."""

    cluster: str
    fingerprint: str
    repository: str


@dataclass(frozen=True, slots=True)
class PinnedContext:
    """A context as `init` wants it. `cluster` and `user` name entries of the kubeconfig."""

    name: str
    cluster: str
    user: str
    namespace: str
    pin: Pin

    def to_fields(self) -> dict[str, Any]:
        """Return the body of the kubeconfig entry."""
        pin = self.pin
        record = {"cluster": pin.cluster, "fingerprint": pin.fingerprint, "repository": pin.repository}
        return {
            "cluster": self.cluster,
            "user": self.user,
            "namespace": self.namespace,
            "extensions": [{"name": EXTENSION, "extension": record}],
        }


class Decision(StrEnum):
    """What `init` does with one context.

    TAKEN: it belongs to another repository, or to nobody that we know, and leads elsewhere.
    """

    KEEP = "keep"
    WRITE = "write"
    TAKEN = "taken"


def context_name(environment: str) -> str:
    """Return the name of an environment's context."""
    return f"env:{environment}"


def read_pin(entry: Entry) -> Pin | None:
    """Return what `init` wrote down about a context; None when it was made by others or the record is damaged."""
    extensions = entry.fields.get("extensions")
    for item in extensions if isinstance(extensions, list) else ():
        if isinstance(item, Mapping) and item.get("name") == EXTENSION:
            match item.get("extension"):
                case {"cluster": str(cluster), "fingerprint": str(fingerprint), "repository": str(repository)}:
                    return Pin(cluster, fingerprint, repository)
    return None


def decide(config: Kubeconfig, wanted: PinnedContext) -> Decision:
    """Say whether `init` may write a context, so that two repositories never silently take each other's.

    An identical context is kept whoever made it. Else only the repository that made it may change it; one without a
    pin (made by KubeCD or by hand) gets ours when it leads to the same place.
    """
    existing = config.contexts.get(wanted.name)
    if existing is None:
        return Decision.WRITE
    pin = read_pin(existing)
    same_place = all(
        (existing.fields.get(key) or "") == getattr(wanted, key) for key in ("cluster", "user", "namespace")
    )
    if pin is None:
        return Decision.WRITE if same_place else Decision.TAKEN
    if same_place and pin.fingerprint == wanted.pin.fingerprint:
        return Decision.KEEP
    return Decision.WRITE if pin.repository == wanted.pin.repository else Decision.TAKEN


def with_context(content: Mapping[str, Any], context: PinnedContext) -> dict[str, Any]:
    """Return a kubeconfig file's content with this context set and everything else as it was."""
    entry = {"name": context.name, "context": context.to_fields()}
    entries = list(content.get("contexts") or [])
    for index, existing in enumerate(entries):
        if existing["name"] == context.name:
            entries[index] = entry
            break
    else:
        entries.append(entry)
    return {"apiVersion": "v1", "kind": "Config", **content, "contexts": entries}


def with_current(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a kubeconfig file's content with that context the current one."""
    return {"apiVersion": "v1", "kind": "Config", **content, "current-context": name}
