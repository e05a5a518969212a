"""Sandboxes as values, for tests that start none."""

from __future__ import annotations

from fairlead.sandbox.addresses import free_blocks
from fairlead.sandbox.spec import ClusterState, NodeKind, Phase, ProcessId, SandboxState

RANGES = next(free_blocks(()))
CLUSTER = ClusterState(
    index=1,
    name="sandbox-1",
    address=RANGES.host,
    port=20001,
    etcd_port=20002,
    peer_port=20003,
    simulator_port=20004,
    ranges=RANGES,
    link="flabcdef-1",
    node=ProcessId(4711, 1),
)
PROGRAMS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "node",
    "provisioner",
    "registry",
    "kwok",
    "kwok-stages",
)
STATE = SandboxState(
    name="sandbox",
    nodes=NodeKind.REAL,
    phase=Phase.READY,
    version="v1.36.3",
    registry_port=20000,
    clusters=(CLUSTER,),
    programs={name: f"/cache/{name}" for name in PROGRAMS},
)
