"""What may be asked for."""

from __future__ import annotations

import pytest

from fairlead.domain.errors import InputError
from fairlead.sandbox.spec import SandboxSpec
from tests.sandbox.clusters import CLUSTER, STATE


@pytest.mark.parametrize("name", ["sandbox", "a", "a-1", "x" * 32])
def test_ordinary_names_are_taken(name: str) -> None:
    assert SandboxSpec(name).name == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a/b", "..", "a b", "x" * 33, "é"])
def test_names_that_are_no_safe_file_name_are_refused(name: str) -> None:
    with pytest.raises(InputError) as refused:
        SandboxSpec(name)
    assert refused.value.code == "sandboxName"


@pytest.mark.parametrize("clusters", [0, -1, 17])
def test_the_number_of_clusters_is_limited(clusters: int) -> None:
    with pytest.raises(InputError) as refused:
        SandboxSpec(clusters=clusters)
    assert refused.value.code == "sandboxClusters"


def test_addresses_are_made_of_what_was_chosen() -> None:
    assert STATE.registry == "127.0.0.1:20000"
    assert CLUSTER.server == "https://10.0.32.1:20001"
    assert CLUSTER.node_name == "sandbox-1-node"
