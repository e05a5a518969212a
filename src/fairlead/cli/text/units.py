"""Units in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from fairlead.cli.text.layout import columns
from fairlead.cli.wire.units import UnitItem, Units, UnitVersionItem

GOOD: Final = frozenset({"deployed", "inPlace", "unchanged", "kept", "undeployed", "done", "nothing"})
_WORDS: Final = {"inPlace": "applied in place"}
_STYLE: Final = {"Live": "green", "Failed": "red", "Blocked": "red"}


def unit_lines(document: Units, width: int | None) -> Iterator[Text]:
    """Each unit with its versions, and how what was asked has ended."""
    if not document.units:
        yield Text("There are no units here.")
        return
    for unit in document.units:
        yield Text.assemble((f"{unit.namespace}/{unit.app}", "bold"), f": {_standing(unit)}")
        yield from columns(list(map(_row, unit.versions)), width=width, indent=2)
        yield from columns(list(_facts(unit)), width=width, indent=2)
    if (asked := document.asked) is not None:
        style = "green" if asked.outcome in GOOD else "red"
        yield Text(_WORDS.get(asked.outcome, asked.outcome), style)
        yield from map(Text, (asked.explanation or "").splitlines())


def _standing(unit: UnitItem) -> str:
    if unit.phase == "Idle":
        return f"version {unit.live} is live" if unit.live is not None else "nothing is live"
    return unit.phase + (f" of version {unit.candidate}" if unit.candidate is not None else "")


def _row(version: UnitVersionItem) -> tuple[str, Text, str, str]:
    replicas = ", ".join(f"{count} {name}" for name, count in version.replicas.items())
    state = Text(version.state, _STYLE.get(version.state, ""))
    return version.version, state, replicas, f"until {version.until}" if version.until else f"since {version.since}"


def _facts(unit: UnitItem) -> Iterator[tuple[str, str]]:
    if unit.phase not in ("Idle", "Blocked"):
        yield "cause", unit.cause
        yield "next", unit.next
    if unit.phase == "Awaiting":
        yield "", f"`fairlead promote {unit.app}` lets it go live, `fairlead abort {unit.app}` gives it up"
    if unit.blocked is not None:
        yield "blocked", unit.blocked
    if unit.held is not None:
        yield "held", f"{unit.held[:19]}: {unit.held_reason}"
    if unit.paused:
        yield "paused", "nothing goes forward before its switch"
    if unit.queued:
        yield "waiting", f"{unit.queued} more asked for"
