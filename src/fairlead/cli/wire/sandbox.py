"""What `sandbox` prints."""

from __future__ import annotations

from fairlead.cli.wire.documents import Document, Item


class SandboxCluster(Item, frozen=True, kw_only=True):
    """One cluster of a sandbox. `nodes` counts its nodes, `version` is the server's."""

    name: str
    context: str
    server: str
    nodes: int
    version: str


class SandboxProcess(Item, frozen=True, kw_only=True):
    """One process of a sandbox. `pid` is null while it does not run, `lastExit` how it ended last, if ever."""

    name: str
    running: bool
    pid: int | None
    restarts: int
    last_exit: int | None
    log: str


class Sandbox(Document, frozen=True, kw_only=True, tag="Sandbox"):
    """A sandbox and how to reach it; without clusters there is none. `nodeKind` is real, simulated or none."""

    clusters: list[SandboxCluster]
    kubeconfig: str
    registry: str | None
    node_kind: str | None = None
    healthy: bool = False
    processes: tuple[SandboxProcess, ...] = ()
