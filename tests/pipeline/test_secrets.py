from __future__ import annotations

import base64

import pytest

from fairlead.domain.config import SecretRef
from fairlead.domain.errors import InputError
from fairlead.pipeline.secrets import ClusterSecrets
from tests.fakes.cluster import FakeCluster


def secrets(data: dict[str, str]) -> ClusterSecrets:
    cluster = FakeCluster()
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "ns"}, "data": data}
    cluster.put(body)
    return ClusterSecrets(cluster)


async def test_a_key_of_a_secret() -> None:
    found = secrets({"pw": base64.b64encode("hünter2".encode()).decode()})
    assert await found.secret("ns", SecretRef("db", "pw")) == "hünter2"


@pytest.mark.parametrize(
    ("namespace", "ref", "code"),
    [
        ("ns", SecretRef("other", "pw"), "secretNotFound"),
        ("elsewhere", SecretRef("db", "pw"), "secretNotFound"),
        ("ns", SecretRef("db", "gone"), "secretNotFound"),
        ("ns", SecretRef("db", "binary"), "secretNotText"),
    ],
)
async def test_what_is_not_there(namespace: str, ref: SecretRef, code: str) -> None:
    found = secrets({"pw": "eA==", "binary": base64.b64encode(b"\xff").decode()})
    with pytest.raises(InputError) as caught:
        await found.secret(namespace, ref)
    assert caught.value.code == code
