"""The control plane's processes and identities."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.sandbox.controlplane import access, processes, subjects, write_identities
from fairlead.sandbox.places import ClusterPlaces
from fairlead.sandbox.spec import NodeKind
from tests.sandbox.clusters import CLUSTER, STATE

PLACES = ClusterPlaces(Path("/state/clusters/1"))


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        (NodeKind.NONE, ["etcd-1", "apiserver-1"]),
        (NodeKind.SIMULATED, ["etcd-1", "apiserver-1", "controller-manager-1", "scheduler-1", "provisioner-1"]),
        (NodeKind.REAL, ["etcd-1", "apiserver-1", "controller-manager-1", "scheduler-1", "provisioner-1"]),
    ],
)
def test_without_nodes_only_the_api_is_served(nodes: NodeKind, expected: list[str]) -> None:
    assert [process.name for process in processes(CLUSTER, PLACES, STATE.programs, nodes)] == expected


def test_nothing_listens_for_other_machines() -> None:
    table = processes(CLUSTER, PLACES, STATE.programs, NodeKind.REAL)
    arguments = [argument for process in table for argument in process.argv]
    assert f"--bind-address={CLUSTER.ranges.host}" in arguments
    assert not any("0.0.0.0" in argument or "[::]" in argument for argument in arguments)


def test_each_process_waits_for_what_it_needs() -> None:
    etcd, apiserver, *others = processes(CLUSTER, PLACES, STATE.programs, NodeKind.REAL)
    assert etcd.after.port == 0
    assert apiserver.after.port == CLUSTER.etcd_port
    assert {process.after.port for process in others} == {CLUSTER.port}


def test_components_are_only_what_kubernetes_lets_them_be() -> None:
    who = subjects(CLUSTER)
    assert (who["kubelet"].user, who["kubelet"].groups) == ("system:node:sandbox-1-node", ("system:nodes",))
    assert who["scheduler"].groups == ()
    assert {"10.0.16.1", CLUSTER.address, "kubernetes.default.svc"} <= set(who["apiserver"].names)


def test_identities_are_private_files(tmp_path: Path) -> None:
    places = ClusterPlaces(tmp_path)
    write_identities(CLUSTER, places, datetime(2026, 11, 21, tzinfo=UTC))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    config = json.loads(places.config("scheduler.conf").read_text())
    assert config["clusters"][0]["cluster"]["server"] == CLUSTER.server
    assert access(CLUSTER, places).client.key == places.key("admin").read_bytes()
