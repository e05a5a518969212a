"""What a sandbox is: the values that describe one, as wished and as made.

`SandboxState` is what a sandbox's folder holds in `sandbox.json`; everything there is plain JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from fairlead.domain.errors import InputError, Problem

DEFAULT_NAME = "sandbox"
MAX_CLUSTERS = 16
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


class NodeKind(StrEnum):
    """What runs the pods: a real node, a simulation of one, or nothing at all."""

    REAL = "real"
    SIMULATED = "simulated"
    NONE = "none"


class Phase(StrEnum):
    """How far a sandbox has come; anything but READY is a start that did not finish."""

    STARTING = "starting"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """The sandbox that is wanted. `nodes` None means: the best that this machine and user allow."""

    name: str = DEFAULT_NAME
    clusters: int = 1
    nodes: NodeKind | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InputError(
                Problem(
                    code="sandboxName",
                    message=f"{self.name!r} cannot name a sandbox",
                    remedy="use up to 32 small letters, digits and dashes, with a letter or digit at both ends",
                )
            )
        if not 1 <= self.clusters <= MAX_CLUSTERS:
            raise InputError(
                Problem(
                    code="sandboxClusters",
                    message=f"{self.clusters} clusters were asked for",
                    remedy=f"ask for 1 to {MAX_CLUSTERS}",
                )
            )


@dataclass(frozen=True, slots=True)
class ProcessId:
    """One process, once and for all: a number may be used again, together with its start (clock ticks) it is not."""

    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class Ranges:
    """The addresses of one cluster, in CIDR form; `host` and `node` are the two ends of its link."""

    pods: str
    services: str
    link: str
    host: str
    node: str


@dataclass(frozen=True, slots=True)
class ClusterState:
    """One cluster of a sandbox. `node` is the process that holds a real node's namespaces."""

    index: int
    name: str
    address: str
    port: int
    etcd_port: int
    peer_port: int
    simulator_port: int
    ranges: Ranges
    link: str
    node: ProcessId | None = None

    @property
    def server(self) -> str:
        """The address of the API server."""
        return f"https://{self.address}:{self.port}"

    @property
    def node_name(self) -> str:
        """The name of the cluster's one node."""
        return f"{self.name}-node"


@dataclass(frozen=True, slots=True)
class SandboxState:
    """A sandbox as it was made. `programs` maps the names of programs to their files; `copies` are kubeconfigs."""

    name: str
    nodes: NodeKind
    phase: Phase
    version: str
    registry_port: int
    clusters: tuple[ClusterState, ...]
    programs: dict[str, str]
    supervisor: ProcessId | None = None
    copies: tuple[str, ...] = ()

    @property
    def registry(self) -> str:
        """The registry's address, the same on this machine and on every node. It speaks plain HTTP."""
        return f"127.0.0.1:{self.registry_port}"


@dataclass(frozen=True, slots=True)
class Building:
    """Programs are being built; `seconds` since the start, `detail` is what the Go tool does now."""

    module: str
    programs: tuple[str, ...]
    seconds: float
    detail: str


@dataclass(frozen=True, slots=True)
class Built:
    """Programs were built and are in the cache from now on."""

    module: str
    programs: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Step:
    """The next thing that is done, for a person to read."""

    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something turned out differently from what one may expect, and why."""

    text: str


Progress = Building | Built | Step | Notice
Listener = Callable[[Progress], None]
