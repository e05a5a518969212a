"""The stages in which a sandbox comes up: plan, hold nodes, identify, configure, start, wait."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.doors.process import Program, start_daemon
from fairlead.sandbox import cgroups, controlplane, network, node, registry, settling, simulated
from fairlead.sandbox.addresses import free_blocks, take
from fairlead.sandbox.kubeconfig import kubeconfig
from fairlead.sandbox.places import Places
from fairlead.sandbox.ports import free_ports
from fairlead.sandbox.processes import MARK, alive, identify
from fairlead.sandbox.requirements import cni_folder, system_path
from fairlead.sandbox.spec import (
    ClusterState,
    Listener,
    NodeKind,
    Phase,
    ProcessId,
    Ranges,
    SandboxSpec,
    SandboxState,
    Step,
)
from fairlead.sandbox.supervision import ProcessSpec, write_private, write_value
from fairlead.sandbox.waiting import holds_within
from fairlead.settings import Settings

_PORTS_PER_CLUSTER = 4
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Making:
    """Where a sandbox is made, with what, and who is told."""

    places: Places
    settings: Settings
    listener: Listener

    @property
    def env(self) -> dict[str, str]:
        """The environment of every process of the sandbox: no proxy, no home of the user's, and the mark."""
        kept = {name: self.settings.environ[name] for name in ("PYTHONPATH", "TZ") if name in self.settings.environ}
        own = {"PATH": system_path(self.settings), "HOME": str(self.places.root), MARK: str(self.places.root)}
        # Else the registry looks for a collector of traces on this machine.
        return {**kept, **own, "OTEL_TRACES_EXPORTER": "none"}

    def save(self, state: SandboxState) -> SandboxState:
        """Write the state down."""
        write_value(self.places.state, state)
        return state


async def plan(
    making: Making, spec: SandboxSpec, *, nodes: NodeKind, programs: Mapping[str, Path], version: str
) -> SandboxState:
    """Choose names, ports and addresses."""
    blocks = await _blocks(making)
    registry_port, *ports = free_ports(1 + spec.clusters * _PORTS_PER_CLUSTER)
    clusters = []
    for index, ranges in enumerate(take(blocks, spec.clusters), start=1):
        port, etcd, peer, simulator = ports[(index - 1) * _PORTS_PER_CLUSTER : index * _PORTS_PER_CLUSTER]
        clusters.append(
            ClusterState(
                index=index,
                name=f"{spec.name}-{index}",
                address=ranges.host if nodes is NodeKind.REAL else _LOOPBACK,
                port=port,
                etcd_port=etcd,
                peer_port=peer,
                simulator_port=simulator,
                ranges=ranges,
                link=network.link_name(making.places.tag, index),
            )
        )
    paths = {name: str(path) for name, path in programs.items()}
    return SandboxState(spec.name, nodes, Phase.STARTING, version, registry_port, tuple(clusters), paths)


async def hold_nodes(making: Making, state: SandboxState, *, fixed: bool = False) -> SandboxState:
    """Make the namespaces of real nodes and link them to this machine; with `fixed` at the planned addresses only."""
    if state.nodes is not NodeKind.REAL:
        return state
    clusters = []
    for cluster in state.clusters:
        holder = await _hold(making, state, cluster)
        ranges = await (_relink if fixed else _link)(making, cluster, holder)
        clusters.append(replace(cluster, node=holder, ranges=ranges, address=ranges.host))
    return making.save(replace(state, clusters=tuple(clusters)))


def identify_clusters(making: Making, state: SandboxState) -> None:
    """Make certificates and kubeconfigs."""
    now = datetime.fromtimestamp(time.time(), UTC)
    for cluster in state.clusters:
        controlplane.write_identities(cluster, making.places.cluster(cluster.index), now)
    accesses = [controlplane.access(cluster, making.places.cluster(cluster.index)) for cluster in state.clusters]
    write_private(making.places.kubeconfig, kubeconfig(accesses))


async def start(making: Making, state: SandboxState) -> SandboxState:
    """Configure and start everything, and return when it works."""
    table = [registry.process(state, making.places)]
    for cluster in state.clusters:
        table += await _cluster_processes(making, state, cluster)
    write_value(making.places.processes, tuple(table))
    argv = (sys.executable, "-m", "fairlead.sandbox.supervisor", str(making.places.root))
    state = making.save(replace(state, supervisor=await _daemon(making, "supervisor", argv)))
    making.listener(Step("waiting for " + ", ".join(cluster.name for cluster in state.clusters)))
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(settling.watch(making.places, table))
        async with asyncio.TaskGroup() as waiting:
            waiting.create_task(settling.fill_registry(state))
            for cluster in state.clusters:
                waiting.create_task(settling.settle(making.places, state, cluster))
        watching.cancel()
    return making.save(replace(state, phase=Phase.READY))


async def _blocks(making: Making) -> Iterator[Ranges]:
    taken = await network.used_networks(making.env)
    return free_blocks(taken, start=int(making.places.tag, 16))


async def _hold(making: Making, state: SandboxState, cluster: ClusterState) -> ProcessId:
    own = making.places.cluster(cluster.index)
    cgroups.create(cgroups.group_name(making.places.tag, cluster.index))
    holder = await _daemon(making, f"node-{cluster.index}", node.furnish(state, making.places, cluster.index))

    async def held() -> bool:
        if not alive(holder):
            said = making.places.log(f"node-{cluster.index}").read_text(errors="replace").strip()
            raise OperationFailed(Problem(code="sandboxNode", message=f"the node of {cluster.name} ended: {said}"))
        return node.is_ready(own)

    await holds_within(10, f"the node of {cluster.name}", held)
    return holder


async def _relink(making: Making, cluster: ClusterState, holder: ProcessId) -> Ranges:
    async def linked() -> bool:
        return await network.connect(cluster.link, cluster.ranges, holder.pid, making.env)

    # The kernel may drop the routes to the former node a moment after that node.
    await holds_within(10, f"the addresses of {cluster.name}", linked)
    return cluster.ranges


async def _link(making: Making, cluster: ClusterState, holder: ProcessId) -> Ranges:
    for ranges in (cluster.ranges, *await _blocks(making)):
        if await network.connect(cluster.link, ranges, holder.pid, making.env):
            return ranges
    raise OperationFailed(Problem(code="sandboxAddresses", message=f"the addresses of {cluster.name} are taken"))


async def _daemon(making: Making, name: str, argv: tuple[str, ...]) -> ProcessId:
    log = making.places.log(name)
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as file:
        pid = start_daemon(Program(argv, cwd=making.places.root, env=making.env), log=file)
    process = identify(pid)
    if process is None:
        raise OperationFailed(Problem(code="sandboxProcess", message=f"{name} ended at once; see {log}"))
    return process


async def _cluster_processes(making: Making, state: SandboxState, cluster: ClusterState) -> list[ProcessSpec]:
    own = making.places.cluster(cluster.index)
    table = controlplane.processes(cluster, own, state.programs, state.nodes)
    if state.nodes is NodeKind.SIMULATED:
        table.append(await simulated.process(cluster, own, programs=state.programs, env=making.env))
    if cluster.node is not None:
        group = cgroups.group_name(making.places.tag, cluster.index)
        node.configure(state, cluster, own, cni=cni_folder() or Path("/usr/lib/cni"), group=group)
        table += node.processes(cluster, cluster.node)
    return table
