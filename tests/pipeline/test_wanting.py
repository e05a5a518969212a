"""What targets shall be. How it comes to rest, and what is told to the redactor: test_application.py."""

from __future__ import annotations

from dataclasses import replace

from fairlead.domain.targets import Target
from fairlead.pipeline.wanting import by_environment
from tests.fakes.releases import environment, release


def test_targets_are_grouped_in_their_order() -> None:
    first, second = release("a"), release("b")
    here, there = environment(first, second), replace(environment(first), name="other")
    chosen = [Target(here, second), Target(there, first), Target(here, first)]
    assert by_environment(chosen) == [(here, [chosen[0], chosen[2]]), (there, [chosen[1]])]
    assert by_environment(()) == []
