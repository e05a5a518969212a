"""Draws tables: as Mermaid state diagrams and as Markdown, for the docs. What leads nowhere else is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fairlead.domain.rollout.phases import INTENT_KINDS, Kind, Phase
from fairlead.domain.rollout.tables import Rule
from fairlead.domain.rollout.unit_table import ROLLOUT, UnitTable
from fairlead.domain.rollout.version_table import VERSIONS, VersionTable

_HEADER = "stateDiagram-v2"


def state_diagram(table: Mapping[tuple[Any, Any], Rule[Any, Any, Any]], begin: str, *, but: Iterable[str] = ()) -> str:
    """Return a table as a Mermaid state diagram: one arrow per rule that leads to another state.

    `but` are events that lead to the same state from everywhere; who reads the diagram is told so in words.
    """
    everywhere = set(but)
    lines = [_HEADER, f"    [*] --> {begin}"]
    for (state, event), rules in table.items():
        for rule in rules:
            if rule.state != state and event not in everywhere:
                guard = f" [{rule.when}]" if rule.when is not None else ""
                lines.append(f"    {state} --> {rule.state}: {event}{guard}")
    return "\n".join(dict.fromkeys(lines)) + "\n"


def unit_diagram(table: UnitTable = ROLLOUT) -> str:
    """Return the diagram of a unit's rollout; a route that drifted blocks it everywhere."""
    return state_diagram(table, Phase.IDLE, but=(Kind.ROUTE_DRIFT,))


def version_diagram(table: VersionTable = VERSIONS) -> str:
    """Return the diagram of one version."""
    return state_diagram(table, "Absent")


def matrix(kinds: Iterable[Kind], table: UnitTable = ROLLOUT) -> str:
    """Return where each kind of event leads from each phase, as a Markdown table. A dash: it blocks the unit."""
    columns = list(kinds)
    lines = ["| phase | " + " | ".join(columns) + " |", "| --- |" + " --- |" * len(columns)]
    for phase in Phase:
        cells = [_cell(table.get((phase, kind))) for kind in columns]
        lines.append(f"| {phase} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(rules: Rule[Any, Any, Any] | None) -> str:
    if rules is None:
        return "-"
    return "<br>".join(
        f"{rule.state}" + (f" if {rule.when}" if rule.when is not None else "") + _fate(rule) for rule in rules
    )


def _fate(rule: Rule[Any, Any, Any]) -> str:
    named = [do for do in rule.commands if do in ("answer", "nothing", "refuse", "defer", "deferBack", "cancel")]
    return f" ({', '.join(named)})" if named else ""


def intents_matrix() -> str:
    """Return the matrix of what people ask for."""
    return matrix(kind for kind in Kind if kind in INTENT_KINDS)
