"""Which deployments are forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.domain.deployments import Outcome
from fairlead.domain.records import surplus
from tests.fakes.states import recorded


@pytest.mark.parametrize(
    ("outcomes", "kept", "expected"),
    [
        ("", 2, []),
        ("ss", 2, []),
        ("sss", 2, [1]),
        ("ssss", 3, [1]),
        ("sfff", 2, [2, 3]),
        ("ssff", 2, [1, 3]),
        ("ffff", 3, [1]),
    ],
)
def test_the_oldest_are_forgotten_but_never_the_last_good_one(outcomes: str, kept: int, expected: list[int]) -> None:
    ends = {"s": Outcome.SUCCEEDED, "f": Outcome.FAILED}
    deployments = [
        replace(one, deployment=replace(one.deployment, outcome=ends[letter]))
        for one, letter in zip(map(recorded, range(1, len(outcomes) + 1)), outcomes, strict=True)
    ]
    assert [one.number for one in surplus(deployments, kept=kept)] == expected
