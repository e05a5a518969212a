"""What Helm makes of the text that templates produce: documents, hooks, order.

The rules are those of Helm 4 (`pkg/release/v1/util`, `pkg/action/hooks.go`), because a chart that works with Helm must
work here: documents are cut wherever a line begins with `---`, files whose name begins with `_` are partials, an object
with the annotation `helm.sh/hook` is a hook or, if the word is unknown (`crd-install` of Helm 2), nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import Hook

INSTALL_ORDER = (
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)

HOOK_EVENTS = frozenset(
    f"{when}-{what}" for when in ("pre", "post") for what in ("install", "delete", "upgrade", "rollback")
) | {"test"}

NOTES = "NOTES.txt"
DEFAULT_DELETE_POLICY = "before-hook-creation"

_RANK = {kind: rank for rank, kind in enumerate(INSTALL_ORDER)}
_SEPARATOR = re.compile(r"^---[ \t]*", re.MULTILINE)
_INTEGER = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one YAML document. `line` is where it begins in the text of `source`, from 1."""

    source: str
    line: int
    text: str


def is_partial(path: str) -> bool:
    """Tell whether a template exists only to be included."""
    return path.rpartition("/")[2].startswith("_")


def split_documents(source: str, text: str) -> tuple[Document, ...]:
    """Cut the output of one template into its documents, leaving out the blank ones."""
    cuts = [match.span() for match in _SEPARATOR.finditer(text)]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(text)]
    documents = []
    line, counted = 1, 0
    for start, end in zip(starts, ends, strict=True):
        body = text[start:end].lstrip()
        if body:
            # Counted on from document to document: text with many of them would take for ever otherwise.
            line += text.count("\n", counted, end - len(body))
            counted = end - len(body)
            documents.append(Document(source, line, body))
    return tuple(documents)


def template_documents(outputs: Mapping[str, str]) -> tuple[Document, ...]:
    """Return the documents of all templates in Helm's order: by path, then as written."""
    paths = sorted(path for path in outputs if not is_partial(path) and not path.endswith(NOTES))
    return tuple(document for path in paths for document in split_documents(path, outputs[path]))


def as_manifest(value: Any, document: Document) -> Manifest | None:
    """Return the object that a document holds; None when it holds only comments.

    Raises:
        OperationFailed: `chartRenderFailed`; the document is no Kubernetes object.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _not_an_object(document, f"holds {_kind_of(value)} where a Kubernetes object is expected")
    missing = [name for name in ("apiVersion", "kind") if not isinstance(value.get(name), str) or not value[name]]
    if missing:
        raise _not_an_object(document, f"renders an object without {' and '.join(missing)}")
    meta = value.get("metadata")
    if meta is not None and not isinstance(meta, dict):
        raise _not_an_object(document, f"renders a {value['kind']} whose metadata is {_kind_of(meta)}")
    return Manifest(value, document.source)


def sort_out(manifests: Iterable[Manifest]) -> tuple[tuple[Manifest, ...], tuple[Hook, ...]]:
    """Part plain objects from hooks, each in the order in which Helm handles them."""
    plain, hooks = part_hooks(manifests)
    return tuple(sorted(plain, key=lambda manifest: _kind_order(manifest.ref.kind))), hooks


def part_hooks(manifests: Iterable[Manifest]) -> tuple[tuple[Manifest, ...], tuple[Hook, ...]]:
    """Part plain objects, in the order given, from hooks, in the order in which they run."""
    plain: list[Manifest] = []
    hooks: list[Hook] = []
    for manifest in manifests:
        annotations = _annotations(manifest)
        if "helm.sh/hook" not in annotations:
            plain.append(manifest)
        elif (hook := _hook(manifest, annotations)) is not None:
            hooks.append(hook)
    hooks.sort(key=lambda hook: (hook.weight, hook.manifest.ref.name, _kind_order(hook.manifest.ref.kind)))
    return tuple(plain), tuple(hooks)


def _hook(manifest: Manifest, annotations: Mapping[str, str]) -> Hook | None:
    words = _words(annotations["helm.sh/hook"])
    events = ["test" if word == "test-success" else word for word in words]
    if any(event not in HOOK_EVENTS for event in events):
        return None
    weight = annotations.get("helm.sh/hook-weight", "")
    policies = annotations.get("helm.sh/hook-delete-policy")
    return Hook(
        events=tuple(events),
        weight=int(weight) if _INTEGER.fullmatch(weight) else 0,
        delete_policies=_words(policies) if policies is not None else (DEFAULT_DELETE_POLICY,),
        manifest=manifest,
    )


def _annotations(manifest: Manifest) -> dict[str, str]:
    raw = (manifest.data.get("metadata") or {}).get("annotations")
    if not isinstance(raw, dict):
        return {}
    return {str(name): _as_text(value) for name, value in raw.items()}


def _as_text(value: Any) -> str:
    # Helm reads annotations into strings, so an unquoted weight (5) counts as well as a quoted one.
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in text.split(","))


def _kind_order(kind: str) -> tuple[int, str]:
    return (_RANK[kind], "") if kind in _RANK else (len(_RANK), kind)


def _kind_of(value: Any) -> str:
    names: Sequence[tuple[type, str]] = ((bool, "a boolean"), (str, "text"), (list, "a list"), (dict, "a mapping"))
    return next((name for kind, name in names if isinstance(value, kind)), "a number")


def _not_an_object(document: Document, what: str) -> OperationFailed:
    return OperationFailed(
        Problem(
            code="chartRenderFailed",
            message=f"{document.source} {what}",
            file=document.source,
            remedy="correct the template; `helm template --debug` shows its output",
        )
    )
