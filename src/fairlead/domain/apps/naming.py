"""Names, labels and owners of what an app consists of (`web`, version 7).

| object | name | labels | selects |
| --- | --- | --- | --- |
| Deployment, versioned Service, autoscaler, budget | `web-7` | app, name, version | app `web`, version `7` |
| stable Service, Ingress | `web` | app | app `web`, the live version |
| preview Service | `web-preview` | app | app `web`, the candidate |
| component `worker`: all of these | `web-worker-7`, `web-worker`, ... | app `web-worker` | the same |
| configuration | `NAME-HASH` | app | |

All carry the label `fairlead.dev/unit: web` and the mark `fairlead.dev/release: NAMESPACE/web`. Names alone are not
injective: version `1-2` of `web` is called as version `2` of `web-1`. What an object is, its mark and version label
say together; `collisions` refuses a name that another owner has.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any, Final

from fairlead.domain.apps.descriptor import AUTOMATIC, Component
from fairlead.domain.errors import Problem
from fairlead.domain.identity import Identity, object_ref
from fairlead.domain.manifests import JsonObject
from fairlead.domain.marks import RELEASE_ANNOTATION

APP_LABEL: Final = "app"
NAME_LABEL: Final = "name"
VERSION_LABEL: Final = "version"
"""The label by which the pods of one version are told from those of another."""
UNIT_LABEL: Final = "fairlead.dev/unit"
LONGEST_NAME: Final = 63
DIGITS: Final = 9
"""Room for the number of an automatic version: a billion of them."""

_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def normalised(text: str) -> str:
    """Return a name of an app or version as Kubernetes takes it: lower-case, dashes for dots and underscores."""
    return text.lower().replace(".", "-").replace("_", "-")


def workload_name(app: str, component: str) -> str:
    """Return what a workload is called, whatever its version: the app's own as the app."""
    return f"{app}-{component}" if component else app


def versioned_name(workload: str, version: str) -> str:
    """Return the name of what belongs to one version of a workload."""
    return f"{workload}-{version}"


def preview_name(workload: str) -> str:
    """Return the name of the Service that leads to a candidate."""
    return f"{workload}-preview"


def names_of(app: str, version: str, components: Iterable[Component]) -> Iterable[str]:
    """Yield the names that have to be names of Services, the longest number standing for an automatic version."""
    shown = "9" * DIGITS if version == AUTOMATIC else version
    for component in components:
        workload = workload_name(app, component.name)
        yield workload
        yield versioned_name(workload, shown)
        yield preview_name(workload)


def is_service_name(name: str) -> bool:
    """Tell whether a Service may be called so (RFC 1035 label); what may be a Service's name may be any object's."""
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


def unit_labels(app: str) -> dict[str, str]:
    """Return the labels of everything that belongs to an app."""
    return {UNIT_LABEL: app}


def selector(workload: str, version: str) -> dict[str, str]:
    """Return what selects the pods of one version of a workload, and no other pod of the namespace."""
    return {APP_LABEL: workload, VERSION_LABEL: version}


def mark(namespace: str, app: str) -> dict[str, str]:
    """Return the annotation that says whose an object is."""
    return {RELEASE_ANNOTATION: f"{namespace}/{app}"}


def is_marked(obj: Mapping[str, Any], namespace: str, app: str) -> bool:
    """Tell whether an object bears the mark of an app."""
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    return mark(namespace, app).items() <= annotations.items()


def collisions(
    wanted: Iterable[JsonObject], live: Mapping[Identity, JsonObject], *, adoptable: Container[Identity] = ()
) -> tuple[Problem, ...]:
    """Return what is refused because an object of the wanted name belongs to another app or version, or to nobody.

    What is `adoptable` may be there without a mark: whether it is adopted is not a question of names.
    """
    found: list[Problem] = []
    for obj in wanted:
        ref = object_ref(obj)
        existing = live.get(ref.identity)
        if existing is None or (owner := _owner(existing)) == _owner(obj):
            continue
        if owner is not None or ref.identity not in adoptable:
            whose = "exists already and is not ours" if owner is None else f"belongs to {owner}"
            message = f"{ref.kind} {ref.name} in {ref.namespace} {whose}"
            remedy = "choose another app name or version: dashes let two of them end up with the same name"
            found.append(Problem("nameTaken", message, path="newVersion", remedy=remedy))
    return tuple(found)


def _owner(obj: Mapping[str, Any]) -> str | None:
    """Return in words whose an object is, None when it carries no mark. No two owners have the same words."""
    metadata = obj.get("metadata") or {}
    mark = (metadata.get("annotations") or {}).get(RELEASE_ANNOTATION)
    version = (metadata.get("labels") or {}).get(VERSION_LABEL)
    if mark is None:
        return None
    return str(mark) if version is None else f"{mark}, version {version}"
