"""The diagrams and the matrix in the docs are the tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fairlead.domain.rollout.diagrams import intents_matrix, matrix, unit_diagram, version_diagram
from fairlead.domain.rollout.phases import Kind, Phase
from fairlead.domain.rollout.tables import Rule
from fairlead.domain.rollout.unit_table import UnitRule
from fairlead.domain.rollout.unit_words import Guard

DOCS = Path(__file__).parents[3] / "docs" / "reference" / "rollout.md"


def _redrawn(text: str) -> str:
    diagrams = iter((version_diagram(), unit_diagram()))
    text = re.sub("```mermaid\n.*?```", lambda _: f"```mermaid\n{next(diagrams)}```", text, flags=re.DOTALL)
    table = f"<!-- intents -->\n\n{intents_matrix()}\n<!-- end -->"
    return re.sub("<!-- intents -->.*?<!-- end -->", lambda _: table, text, flags=re.DOTALL)


def test_the_docs_show_the_tables(request: pytest.FixtureRequest) -> None:
    """`pytest --update-goldens` draws them anew."""
    drawn = _redrawn(DOCS.read_text())
    if request.config.getoption("--update-goldens"):
        DOCS.write_text(drawn)
    assert DOCS.read_text() == drawn
    assert all(part in drawn for part in (version_diagram(), unit_diagram(), intents_matrix()))


def test_every_phase_and_only_moves_are_drawn() -> None:
    drawn = unit_diagram()
    assert all(f"--> {phase}:" in drawn for phase in Phase)
    arrows = re.findall(r"(\w+) --> (\w+):", drawn)
    assert all(one != other for one, other in arrows)
    assert Kind.ROUTE_DRIFT not in drawn


def test_a_cell_names_conditions_and_says_what_blocks() -> None:
    rule: UnitRule = Rule(Phase.IDLE, (), Guard.HELD, Rule(Phase.PREFLIGHT))
    table = {(Phase.IDLE, Kind.DEPLOY): rule}
    lines = matrix([Kind.DEPLOY, Kind.ABORT], table).splitlines()
    assert lines[:3] == [
        "| phase | deploy | abort |",
        "| --- | --- | --- |",
        "| Idle | Idle if held<br>Preflight | - |",
    ]
