"""Which releases nobody declares any more, and whose business they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.domain.state import ReleaseState, Stored
from fairlead.pipeline.removal import orphans
from fairlead.ports.statestore import States
from tests.fakes.releases import environment, release
from tests.fakes.states import KEY, recorded

ENV = environment(release("declared"))
NEIGHBOUR = replace(environment(release("theirs")), name="neighbour")


@pytest.mark.parametrize(
    ("name", "namespace", "deployed_from", "found"),
    [
        ("gone", "default", "test", True),
        ("declared", "default", "test", False),
        ("gone", "elsewhere", "test", False),
        ("gone", "default", "another", False),
        ("theirs", "default", "test", False),
        ("gone", "default", None, False),
    ],
    ids=["undeclared", "declared", "another namespace", "another environment", "declared by a neighbour", "never ours"],
)
def test_only_what_was_last_deployed_from_here_and_is_declared_by_nobody_is_an_orphan(
    name: str, namespace: str, deployed_from: str | None, *, found: bool
) -> None:
    key = replace(KEY, environment=deployed_from or "", namespace=namespace, release=name)
    deployments = (recorded(key=key),) if deployed_from is not None else ()
    states = States({(namespace, name): Stored(ReleaseState(deployments=deployments), "1")}, frozenset())
    assert [target.key.release for target in orphans(ENV, [ENV, NEIGHBOUR], states)] == ([name] if found else [])
