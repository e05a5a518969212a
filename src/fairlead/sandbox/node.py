"""A real node: kubelet, containerd and kube-proxy in namespaces of their own.

One process holds the node's network, mount and process namespaces; when it ends, the kernel ends all that runs in
them and undoes every mount. Inside, /run is empty and /var is a folder of the sandbox, so that all programs use their
usual short paths and write nowhere else. There is no default route: nothing can leave this machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fairlead.sandbox.addresses import service_address
from fairlead.sandbox.controlplane import DOMAIN, serving
from fairlead.sandbox.images import PAUSE
from fairlead.sandbox.places import ClusterPlaces, Places
from fairlead.sandbox.registry import registry_config
from fairlead.sandbox.spec import ClusterState, ProcessId, SandboxState
from fairlead.sandbox.supervision import Gate, ProcessSpec, write_private

_SETTINGS = "/var/lib/kubernetes"
# The registry's port differs from sandbox to sandbox; files that are to work with any of them use this name.
REGISTRY_NAME = "registry.sandbox"
_SOCKET = "/run/containerd/containerd.sock"
_PROGRAMS = ("kubelet", "kube-proxy", "registry")
# The kubelet sets these for the whole machine. It gets files to write to instead, which say so already.
_KERNEL = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def furnish(state: SandboxState, places: Places, index: int) -> tuple[str, ...]:
    """Make the folder that the node sees as /var, and return the command that holds its namespaces."""
    own = places.cluster(index)
    for folder in ("lib/kubelet", "lib/containerd", "lib/registry", "lib/volumes", "log", "tmp", "programs"):
        (own.var / folder).mkdir(parents=True, exist_ok=True)
    places.registry.mkdir(exist_ok=True)
    (own.var / "run").symlink_to("/run")
    for path, value in _KERNEL.items():
        write_private(own.var / "kernel" / path, value.encode())
    unshare = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private")
    return (*unshare, "--", state.programs["node"], "hold", str(own.var), *_binds(state, own, places))


def configure(state: SandboxState, cluster: ClusterState, own: ClusterPlaces, *, cni: Path, group: str) -> None:
    """Write what the node's programs read."""
    settings = own.var / "lib/kubernetes"
    for name in ("kubelet.conf", "proxy.conf"):
        write_private(settings / name, own.config(name).read_bytes())
    write_private(settings / "ca.crt", own.certificate("ca").read_bytes())
    for path, text in _files(state, cluster, cni=cni, group=group).items():
        write_private(own.var / "lib" / path, text.encode())


def is_ready(places: ClusterPlaces) -> bool:
    """Whether the namespaces are there and furnished."""
    return (places.var / "ready").exists()


def processes(cluster: ClusterState, holder: ProcessId) -> list[ProcessSpec]:
    """The processes of the node, each entering the namespaces that `holder` holds."""
    enter = (
        "nsenter", f"--target={holder.pid}", "--mount", "--net", f"--pid=/proc/{holder.pid}/ns/pid_for_children", "--",
    )  # fmt: skip
    socket = f"/proc/{holder.pid}/root{_SOCKET}"
    api = serving(cluster)
    commands = {
        "node-registry": (("/var/programs/registry", "serve", f"{_SETTINGS}/registry.json"), Gate()),
        "containerd": (("containerd", f"--config={_SETTINGS}/containerd.toml"), Gate()),
        "kubelet": (_kubelet(cluster), Gate(path=socket, address=api.address, port=api.port)),
        "kube-proxy": (("/var/programs/kube-proxy", f"--config={_SETTINGS}/proxy.json"), api),
    }
    return [
        ProcessSpec(f"{name}-{cluster.index}", (*enter, *argv), cluster.index, after=gate)
        for name, (argv, gate) in commands.items()
    ]


def _kubelet(cluster: ClusterState) -> tuple[str, ...]:
    return (
        "/var/programs/kubelet",
        f"--config={_SETTINGS}/kubelet.json",
        f"--kubeconfig={_SETTINGS}/kubelet.conf",
        f"--hostname-override={cluster.node_name}",
        f"--node-ip={cluster.ranges.node}",
    )


def _binds(state: SandboxState, own: ClusterPlaces, places: Places) -> list[str]:
    binds = [f"{places.registry}:/var/lib/registry"]
    for name in _PROGRAMS:
        (own.var / "programs" / name).touch()
        binds.append(f"{state.programs[name]}:/var/programs/{name}")
    present = [path for path in _KERNEL if (Path("/proc/sys") / path).exists()]
    return binds + [f"/var/kernel/{path}:/proc/sys/{path}" for path in present]


def _files(state: SandboxState, cluster: ClusterState, *, cni: Path, group: str) -> dict[str, str]:
    return {
        "kubernetes/kubelet.json": json.dumps(_kubelet_config(cluster, group), indent=2),
        "kubernetes/proxy.json": json.dumps(_proxy_config(cluster), indent=2),
        "kubernetes/registry.json": registry_config("/var/lib/registry", state.registry, writable=False),
        "kubernetes/containerd.toml": _containerd_config(f"{state.registry}/{PAUSE}", cni),
        f"kubernetes/registries/{REGISTRY_NAME}/hosts.toml": _registry_alias(state.registry),
        "cni/net.d/10-bridge.conflist": json.dumps(_cni_config(cluster), indent=2),
    }


def _registry_alias(registry: str) -> str:
    # containerd asks the server for what the host does not have: here too, so that a missing image is just not found.
    # Its version 1.6 reads no file without a host.
    return f'server = "http://{registry}"\n[host."http://{registry}"]\n'


def _kubelet_config(cluster: ClusterState, group: str) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{_SETTINGS}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{group}",
        "clusterDNS": [service_address(cluster.ranges, 10)],
        "clusterDomain": DOMAIN,
        "containerRuntimeEndpoint": f"unix://{_SOCKET}",
        "enforceNodeAllocatable": [],
        # A nearly full disk or memory is the developer's business; pods stay.
        "evictionHard": {
            "memory.available": "1Mi",
            "nodefs.available": "1%",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1%",
        },
        "imageGCHighThresholdPercent": 100,
        "kubeAPIQPS": 500,
        "kubeAPIBurst": 1000,
        "failCgroupV1": False,
        "failSwapOn": False,
        "localStorageCapacityIsolation": False,
        "makeIPTablesUtilChains": False,
        "resolvConf": "",
        "serializeImagePulls": False,
        "volumePluginDir": "/var/lib/kubelet/plugins-exec",
    }


def _proxy_config(cluster: ClusterState) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": f"{_SETTINGS}/proxy.conf"},
        "clusterCIDR": cluster.ranges.pods,
        # Connection tracking limits are of the whole machine: left as they are.
        "conntrack": {"maxPerCore": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "hostnameOverride": cluster.node_name,
        "mode": "nftables",
        "nftables": {"minSyncPeriod": "200ms"},
    }


def _cni_config(cluster: ClusterState) -> dict[str, Any]:
    ipam = {
        "type": "host-local",
        "dataDir": "/var/lib/cni/networks",
        "ranges": [[{"subnet": cluster.ranges.pods}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": "pods", "isGateway": True, "hairpinMode": True, "ipam": ipam}
    return {"cniVersion": "1.0.0", "name": "sandbox", "plugins": [bridge]}


def _containerd_config(pause: str, cni: Path) -> str:
    return f"""version = 2
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
address = "{_SOCKET}"

[plugins."io.containerd.internal.v1.opt"]
path = "/var/lib/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
disable_apparmor = true
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "{_SETTINGS}/registries"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{cni}"
conf_dir = "/var/lib/cni/net.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"""
