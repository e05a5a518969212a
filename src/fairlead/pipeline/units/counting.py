"""How many pods the versions of units run, as the cluster has it: for people who look, nothing is decided by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fairlead.domain.apps.naming import APP_LABEL, UNIT_LABEL, VERSION_LABEL
from fairlead.domain.errors import RemoteRefused
from fairlead.domain.reading import text, whole
from fairlead.pipeline.units.sight import DEPLOYMENTS
from fairlead.ports.cluster import Cluster, LiveObject

_FORBIDDEN: Final = "forbidden"


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods of one workload: how many there shall be by its Deployment, and how many of them are ready."""

    wanted: int
    ready: int


Counts = Mapping[tuple[str, str], Mapping[str, Pods]]
"""The pods of each workload, by the names of unit and version."""


async def pods_in(cluster: Cluster, namespace: str) -> Counts | None:
    """Return how many pods the units of a namespace run, None where that may not be seen."""
    try:
        found = (await cluster.list(DEPLOYMENTS, namespace, label_selector=UNIT_LABEL)).items
    except RemoteRefused as error:
        if error.code != _FORBIDDEN:
            raise
        return None
    counts: dict[tuple[str, str], dict[str, Pods]] = {}
    for live in found:
        pods = Pods(whole(live, "spec", "replicas", default=1), whole(live, "status", "readyReplicas"))
        counts.setdefault((_label(live, UNIT_LABEL), _label(live, VERSION_LABEL)), {})[_workload(live)] = pods
    return counts


def _workload(live: LiveObject) -> str:
    """Return the workload of a Deployment, which one that was adopted is itself."""
    name = text(live, "metadata", "name")
    return _label(live, APP_LABEL) if name.endswith(f"-{_label(live, VERSION_LABEL)}") else name


def _label(live: LiveObject, name: str) -> str:
    return text(live, "metadata", "labels", name)
