"""What a fresh cluster is given."""

from __future__ import annotations

import pytest

from fairlead.sandbox.addons import addons
from fairlead.sandbox.spec import NodeKind
from tests.sandbox.clusters import CLUSTER


@pytest.mark.parametrize(
    ("nodes", "kinds"),
    [
        (NodeKind.NONE, []),
        (NodeKind.SIMULATED, ["ClusterRoleBinding", "StorageClass", "Node"]),
        (
            NodeKind.REAL,
            [
                "ClusterRoleBinding",
                "StorageClass",
                "ServiceAccount",
                "ClusterRole",
                "ClusterRoleBinding",
                "ConfigMap",
                "Service",
                "Deployment",
            ],
        ),
    ],
)
def test_each_kind_of_nodes_gets_what_works_on_it(nodes: NodeKind, kinds: list[str]) -> None:
    assert [addon.manifest["kind"] for addon in addons(CLUSTER, nodes, "127.0.0.1:5000")] == kinds


def test_objects_are_applied_where_they_belong() -> None:
    paths = {
        addon.manifest["kind"]: addon.path
        for nodes in (NodeKind.SIMULATED, NodeKind.REAL)
        for addon in addons(CLUSTER, nodes, "127.0.0.1:5000")
    }
    assert paths["Node"] == "/api/v1/nodes/sandbox-1-node"
    assert paths["Service"] == "/api/v1/namespaces/kube-system/services/kube-dns"
    assert paths["Deployment"] == "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
    assert paths["StorageClass"] == "/apis/storage.k8s.io/v1/storageclasses/standard"


def test_dns_has_the_address_that_pods_are_told() -> None:
    [service] = [a.manifest for a in addons(CLUSTER, NodeKind.REAL, "r") if a.manifest["kind"] == "Service"]
    assert service["spec"]["clusterIP"] == "10.0.16.10"
    assert service["metadata"]["namespace"] == "kube-system"
