"""What a run ends with, given what became of its releases."""

from __future__ import annotations

import pytest

from fairlead.cli.deploying import exit_code
from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.identity import Commit, ReleaseKey, Revision

_CODES = {
    Outcome.SUCCEEDED: 0,
    Outcome.UNCHANGED: 0,
    Outcome.FAILED: 1,
    Outcome.ROLLED_BACK: 1,
    Outcome.SKIPPED: 1,
    Outcome.REFUSED: 4,
    Outcome.SUPERSEDED: 4,
    Outcome.INTERRUPTED: 130,
}


def _ended(outcome: Outcome) -> Deployment:
    revision = Revision(Commit(None, dirty=False), "", "")
    return Deployment(ReleaseKey("test", "eu", "shop", "web"), outcome, revision, "", summary={})


@pytest.mark.parametrize("outcome", Outcome, ids=lambda one: one.value)
def test_every_outcome_has_its_exit_code(outcome: Outcome) -> None:
    assert exit_code([_ended(outcome)]) == _CODES[outcome]


def test_the_worst_outcome_decides() -> None:
    assert exit_code([]) == 0
    assert exit_code([_ended(Outcome.UNCHANGED), _ended(Outcome.FAILED), _ended(Outcome.SUCCEEDED)]) == 1
    assert exit_code([_ended(Outcome.REFUSED), _ended(Outcome.FAILED)]) == 4
    assert exit_code(map(_ended, Outcome)) == 130
