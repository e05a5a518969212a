"""A real node's files and processes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from fairlead.sandbox import node
from fairlead.sandbox.places import Places
from fairlead.sandbox.spec import ProcessId
from fairlead.sandbox.supervision import write_private
from tests.sandbox.clusters import CLUSTER, STATE


@pytest.fixture
def furnished(tmp_path: Path) -> tuple[Places, tuple[str, ...]]:
    places = Places(tmp_path / "sandbox")
    own = places.cluster(1)
    for name in ("kubelet.conf", "proxy.conf"):
        write_private(own.config(name), b"{}")
    write_private(own.certificate("ca"), b"CA")
    command = node.furnish(STATE, places, 1)
    node.configure(STATE, CLUSTER, own, cni=Path("/usr/lib/cni"), group="fairlead-abcdef-1")
    return places, command


def settings(places: Places, name: str) -> str:
    return (places.cluster(1).var / "lib" / name).read_text()


def test_the_node_is_held_in_namespaces_of_its_own(furnished: tuple[Places, tuple[str, ...]]) -> None:
    _, command = furnished
    assert command[0] == "unshare"
    assert {"--net", "--mount", "--pid", "--kill-child"} <= set(command)
    assert "/cache/kubelet:/var/programs/kubelet" in command


def test_every_process_enters_the_namespaces() -> None:
    table = node.processes(CLUSTER, ProcessId(4711, 1))
    assert [process.name for process in table] == ["node-registry-1", "containerd-1", "kubelet-1", "kube-proxy-1"]
    for process in table:
        assert process.argv[:2] == ("nsenter", "--target=4711")
        assert {"--mount", "--net"} <= set(process.argv)


def test_the_kubelet_takes_old_control_groups_and_stays_in_its_own(furnished: tuple[Places, tuple[str, ...]]) -> None:
    config = json.loads(settings(furnished[0], "kubernetes/kubelet.json"))
    assert config["failCgroupV1"] is False
    assert config["cgroupRoot"] == "/fairlead-abcdef-1"
    assert config["clusterDNS"] == ["10.0.16.10"]


def test_containerd_pulls_from_the_sandboxs_registry(furnished: tuple[Places, tuple[str, ...]]) -> None:
    config = tomllib.loads(settings(furnished[0], "kubernetes/containerd.toml"))
    runtime = config["plugins"]["io.containerd.grpc.v1.cri"]
    assert runtime["sandbox_image"] == f"{STATE.registry}/pause:1"
    assert runtime["cni"] == {"bin_dir": "/usr/lib/cni", "conf_dir": "/var/lib/cni/net.d"}


def test_addresses_are_those_of_the_cluster(furnished: tuple[Places, tuple[str, ...]]) -> None:
    cni = json.loads(settings(furnished[0], "cni/net.d/10-bridge.conflist"))
    assert cni["plugins"][0]["ipam"]["ranges"] == [[{"subnet": CLUSTER.ranges.pods}]]
    proxy = json.loads(settings(furnished[0], "kubernetes/proxy.json"))
    assert (proxy["mode"], proxy["clusterCIDR"]) == ("nftables", CLUSTER.ranges.pods)


def test_the_registry_has_a_name_that_does_not_depend_on_its_port(furnished: tuple[Places, tuple[str, ...]]) -> None:
    config = tomllib.loads(settings(furnished[0], "kubernetes/containerd.toml"))
    folder = config["plugins"]["io.containerd.grpc.v1.cri"]["registry"]["config_path"]
    hosts = tomllib.loads(settings(furnished[0], f"{folder.removeprefix('/var/lib/')}/registry.sandbox/hosts.toml"))
    assert hosts == {"server": f"http://{STATE.registry}", "host": {f"http://{STATE.registry}": {}}}
