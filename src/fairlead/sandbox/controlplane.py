"""The control plane of one cluster: the processes, and the certificates they need.

The API server listens on the host's end of the node's link where there is one, so that the node reaches it and other
machines do not; else on loopback. Everything speaks TLS with certificates of the cluster's own authority.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fairlead.sandbox.addresses import service_address
from fairlead.sandbox.kubeconfig import Access, kubeconfig
from fairlead.sandbox.pki import Authority, KeyPair, Subject, signing_keys
from fairlead.sandbox.places import ClusterPlaces
from fairlead.sandbox.spec import ClusterState, NodeKind
from fairlead.sandbox.supervision import Gate, ProcessSpec, write_private

_LOOPBACK = "127.0.0.1"
DOMAIN = "cluster.local"


def subjects(cluster: ClusterState) -> dict[str, Subject]:
    """Whom the cluster's authority issues certificates for, by the name of the file."""
    service = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", f"kubernetes.default.svc.{DOMAIN}")
    addresses = (_LOOPBACK, cluster.address, service_address(cluster.ranges, 1))
    return {
        "etcd": Subject("etcd", names=(_LOOPBACK, "localhost")),
        "apiserver": Subject("kube-apiserver", names=("localhost", *service, *addresses)),
        # Towards the kubelet the API server acts as an administrator: logs, exec, port-forward.
        "apiserver-client": Subject("kube-apiserver", groups=("system:masters",)),
        "aggregator": Subject("aggregator"),
        "admin": Subject("sandbox-admin", groups=("system:masters",)),
        "controller-manager": Subject("system:kube-controller-manager"),
        "scheduler": Subject("system:kube-scheduler"),
        "provisioner": Subject("sandbox:provisioner"),
        "simulator": Subject("sandbox:simulator", groups=("system:masters",)),
        "kubelet": Subject(f"system:node:{cluster.node_name}", groups=("system:nodes",)),
        "proxy": Subject("system:kube-proxy"),
    }


def write_identities(cluster: ClusterState, places: ClusterPlaces, now: datetime) -> None:
    """Make the cluster's authority, certificates and the kubeconfigs of its components."""
    authority = Authority(name=f"{cluster.name}-authority", now=now)
    pairs = {"ca": authority.pair, "service-accounts": signing_keys()}
    pairs |= {name: authority.issue(subject) for name, subject in subjects(cluster).items()}
    for name, pair in pairs.items():
        write_private(places.certificate(name), pair.certificate)
        write_private(places.key(name), pair.key)
    for name in ("controller-manager", "scheduler", "simulator", "kubelet", "proxy"):
        write_private(places.config(f"{name}.conf"), kubeconfig([access(cluster, places, name)]))


def access(cluster: ClusterState, places: ClusterPlaces, user: str = "admin") -> Access:
    """The way into the cluster for one of the users that it has certificates for."""
    pair = KeyPair(places.certificate(user).read_bytes(), places.key(user).read_bytes())
    return Access(cluster.name, cluster.server, places.certificate("ca").read_bytes(), pair)


def processes(
    cluster: ClusterState, places: ClusterPlaces, programs: Mapping[str, str], nodes: NodeKind
) -> list[ProcessSpec]:
    """The processes of the control plane; without nodes only what answers the API."""
    core = [_etcd(cluster, places, programs["etcd"]), _apiserver(cluster, places, programs["kube-apiserver"])]
    if nodes is NodeKind.NONE:
        return core
    return [
        *core,
        _controller_manager(cluster, places, programs["kube-controller-manager"]),
        _scheduler(cluster, places, programs["kube-scheduler"]),
        _provisioner(cluster, places, programs["provisioner"]),
    ]


def serving(cluster: ClusterState) -> Gate:
    """Open as soon as the API server accepts connections."""
    return Gate(address=cluster.address, port=cluster.port)


def _etcd(cluster: ClusterState, places: ClusterPlaces, program: str) -> ProcessSpec:
    client, peer = f"https://{_LOOPBACK}:{cluster.etcd_port}", f"http://{_LOOPBACK}:{cluster.peer_port}"
    return _process(
        "etcd",
        cluster,
        program,
        "--name=default",
        f"--data-dir={places.etcd}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        f"--trusted-ca-file={places.certificate('ca')}",
        f"--cert-file={places.certificate('etcd')}",
        f"--key-file={places.key('etcd')}",
        "--client-cert-auth",
        # What a machine's crash takes from a throw-away cluster is no loss, and syncing is most of etcd's time.
        "--unsafe-no-fsync",
        "--log-level=warn",
    )


def _apiserver(cluster: ClusterState, places: ClusterPlaces, program: str) -> ProcessSpec:
    ca = places.certificate("ca")
    return _process(
        "apiserver",
        cluster,
        program,
        f"--etcd-servers=https://{_LOOPBACK}:{cluster.etcd_port}",
        f"--etcd-cafile={ca}",
        f"--etcd-certfile={places.certificate('etcd')}",
        f"--etcd-keyfile={places.key('etcd')}",
        f"--bind-address={cluster.address}",
        f"--advertise-address={cluster.address}",
        f"--secure-port={cluster.port}",
        f"--service-cluster-ip-range={cluster.ranges.services}",
        f"--tls-cert-file={places.certificate('apiserver')}",
        f"--tls-private-key-file={places.key('apiserver')}",
        f"--client-ca-file={ca}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--service-account-issuer=https://kubernetes.default.svc.{DOMAIN}",
        f"--service-account-key-file={places.certificate('service-accounts')}",
        f"--service-account-signing-key-file={places.key('service-accounts')}",
        f"--kubelet-client-certificate={places.certificate('apiserver-client')}",
        f"--kubelet-client-key={places.key('apiserver-client')}",
        # The node's name does not resolve here.
        "--kubelet-preferred-address-types=InternalIP",
        f"--proxy-client-cert-file={places.certificate('aggregator')}",
        f"--proxy-client-key-file={places.key('aggregator')}",
        f"--requestheader-client-ca-file={ca}",
        "--requestheader-allowed-names=aggregator",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        after=Gate(address=_LOOPBACK, port=cluster.etcd_port),
    )


def _controller_manager(cluster: ClusterState, places: ClusterPlaces, program: str) -> ProcessSpec:
    return _process(
        "controller-manager",
        cluster,
        program,
        *_client(places, "controller-manager"),
        f"--root-ca-file={places.certificate('ca')}",
        f"--service-account-private-key-file={places.key('service-accounts')}",
        f"--cluster-signing-cert-file={places.certificate('ca')}",
        f"--cluster-signing-key-file={places.key('ca')}",
        f"--service-cluster-ip-range={cluster.ranges.services}",
        "--use-service-account-credentials=true",
        # It makes this folder, which is /usr/libexec/kubernetes/... if nobody says otherwise.
        f"--flex-volume-plugin-dir={places.root / 'flexvolume'}",
        after=serving(cluster),
    )


def _scheduler(cluster: ClusterState, places: ClusterPlaces, program: str) -> ProcessSpec:
    return _process("scheduler", cluster, program, *_client(places, "scheduler"), after=serving(cluster))


def _provisioner(cluster: ClusterState, places: ClusterPlaces, program: str) -> ProcessSpec:
    return _process(
        "provisioner",
        cluster,
        program,
        f"--server={cluster.server}",
        f"--ca={places.certificate('ca')}",
        f"--cert={places.certificate('provisioner')}",
        f"--key={places.key('provisioner')}",
        f"--directory={places.volumes}",
        "--mounted=/var/lib/volumes",
        after=serving(cluster),
    )


def _client(places: ClusterPlaces, name: str) -> tuple[str, ...]:
    config = places.config(f"{name}.conf")
    # Port 0: nothing asks these two anything. Each is alone, so there is no leader to elect.
    return (
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--secure-port=0",
        "--leader-elect=false",
        # Their usual limits are for large clusters; here they would only make a fresh one slow.
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
    )


def _process(name: str, cluster: ClusterState, program: str, *arguments: str, after: Gate | None = None) -> ProcessSpec:
    return ProcessSpec(f"{name}-{cluster.index}", (program, *arguments), cluster.index, after=after or Gate())
