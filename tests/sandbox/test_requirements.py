"""Which nodes a machine can have."""

from __future__ import annotations

import os

import pytest

from fairlead.domain.errors import OperationFailed
from fairlead.sandbox.requirements import choose_nodes, missing_packages
from fairlead.sandbox.spec import NodeKind, Notice, Progress
from fairlead.settings import Settings

HERE = Settings.from_environment()


@pytest.mark.parametrize("nodes", [NodeKind.SIMULATED, NodeKind.NONE])
async def test_lesser_nodes_need_nothing(nodes: NodeKind) -> None:
    events: list[Progress] = []
    assert await choose_nodes(nodes, HERE, events.append) is nodes
    assert events == []


async def test_the_best_nodes_are_chosen_and_a_lesser_choice_is_told_in_one_line() -> None:
    events: list[Progress] = []
    chosen = await choose_nodes(None, HERE, events.append)
    if os.geteuid() == 0 and not missing_packages(HERE):
        assert chosen is NodeKind.REAL
        assert events == []
    else:
        assert chosen is NodeKind.SIMULATED
        [notice] = events
        assert isinstance(notice, Notice)
        assert "\n" not in notice.text


async def test_real_nodes_that_cannot_be_had_are_an_error() -> None:
    if os.geteuid() == 0 and not missing_packages(HERE):
        assert await choose_nodes(NodeKind.REAL, HERE, lambda _event: None) is NodeKind.REAL
        return
    with pytest.raises(OperationFailed) as refused:
        await choose_nodes(NodeKind.REAL, HERE, lambda _event: None)
    assert refused.value.code == "sandboxNodes"
