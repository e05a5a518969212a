"""S15: no value is taken from a Secret of another namespace, and no answer tells whether there is one."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from fairlead.domain.config import SecretRef
from fairlead.domain.errors import InputError
from fairlead.pipeline.secrets import ClusterSecrets
from tests.fakes.cluster import FakeCluster
from tests.fakes.terminal import Terminal

REFERENCES = [
    {"name": "db", "key": "pw", "namespace": "kube-system"},
    {"name": "kube-system/db", "key": "pw"},
    {"name": "../../kube-system/secrets/db", "key": "pw"},
    {"name": "..%2F..%2Fkube-system%2Fsecrets%2Fdb", "key": "pw"},
    {"name": "", "key": "pw"},
    {"selector": {"app": "db"}, "key": "pw"},
]


@pytest.mark.parametrize("reference", REFERENCES, ids=["namespace", "path", "up", "encoded", "empty", "selector"])
def test_a_reference_to_another_namespace_is_refused_before_anybody_is_asked(
    reference: dict[str, object], tmp_path: Path
) -> None:
    values = [{"key": "pw", "valueFrom": {"secretRef": reference}}]
    release = {"name": "web", "chart": {"dir": "web"}, "values": values}
    cluster = {"name": "c", "provider": {"existingContext": {"contextName": "x"}}}
    environment = {"name": "test", "clusterName": "c", "kubeNamespace": "shop", "releases": [release]}
    declared = {"clusters": [cluster], "environments": [environment]}
    (tmp_path / "environments.yaml").write_text(json.dumps(declared))
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    ended = Terminal(tmp_path).run("values", "test", "web", "--output", "json")
    assert ended.code == 2
    paths = [error["path"] for error in ended.document["errors"]]
    assert all(path.startswith("environments[0].releases[0].values[0].valueFrom") for path in paths), paths


async def test_the_answer_is_the_same_whether_another_namespace_has_it_or_not() -> None:
    said = []
    for elsewhere in (True, False):
        cluster = FakeCluster()
        if elsewhere:
            meta = {"name": "db", "namespace": "kube-system"}
            data = {"pw": base64.b64encode(b"x").decode()}
            cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": data})
        with pytest.raises(InputError) as caught:
            await ClusterSecrets(cluster).secret("default", SecretRef("db", "pw"))
        said.append(caught.value.problems)
        assert {call.ref.namespace for call in cluster.calls if call.ref} == {"default"}
    assert said[0] == said[1]
