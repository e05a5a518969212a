"""Units in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from fairlead.cli.text.layout import columns, hanging
from fairlead.cli.wire.units import IntentItem, UnitItem, Units, UnitVersionItem

GOOD: Final = frozenset({"deployed", "inPlace", "unchanged", "kept", "undeployed", "done", "nothing"})
_HEAD: Final = ("VERSION", "STATE", "REPLICAS", "SINCE", "UNTIL")
_WORDS: Final = {
    "deployed": "{live} went live in {time}",
    "inPlace": "{live} was changed in place in {time}",
    "unchanged": "{live} is live already, nothing had to change after {time}",
    "kept": "{live} stays live after {time}",
    "failed": "{meant} failed after {time}",
    "aborted": "{meant} was given up after {time}",
    "superseded": "{meant} was overtaken by another deployment after {time}",
    "refused": "{meant} was refused after {time}",
    "undeployed": "{app} was removed with all its versions in {time}",
    "done": "{live} is live, this was done in {time}",
    "nothing": "{live} is live, there was nothing to do after {time}",
}
_STYLE: Final = {"Live": "green", "Failed": "red", "Blocked": "red"}


def unit_lines(
    document: Units, width: int | None, *, where: str = "", version: str = "", seconds: float = 0
) -> Iterator[Text]:
    """Each unit with its versions, and how what was asked has ended: about which version, and after how long.

    `where` are the options that lead another command to these units.
    """
    if not document.units:
        yield Text("There are no units here.")
        return
    for unit in document.units:
        yield Text.assemble((f"{unit.namespace}/{unit.app}", "bold"), f": {_standing(unit)}")
        if unit.versions:
            head = [Text(each, "dim") for each in _HEAD]
            yield from columns([head, *map(_row, unit.versions)], width=width, indent=2)
        yield from columns(list(_facts(unit, document.asked, where)), width=width, indent=2)
        if document.asked is None and unit.paused and version:
            yield from hanging(Text(), Text(f"{unit.app}: version {version} waits until the pause ends"), width=width)
        if (asked := document.asked) is not None:
            why = f": {asked.explanation}" if asked.explanation else ""
            style = "green" if asked.outcome in GOOD else "red"
            yield from hanging(Text(), Text(_ending(unit, asked.outcome, version, seconds) + why, style), width=width)


def _ending(unit: UnitItem, outcome: str, version: str, seconds: float) -> str:
    """Return in one sentence how it ended."""
    live = f"{unit.app}: version {unit.live}" if unit.live is not None else f"{unit.app}: nothing"
    meant = f"{unit.app}: version {version}" if version else f"{unit.app}: what was asked for"
    return _WORDS[outcome].format(app=unit.app, live=live, meant=meant, time=f"{seconds:.1f}s")


def _standing(unit: UnitItem) -> str:
    live = f"version {unit.live} is live" if unit.live is not None else "nothing is live"
    if unit.phase == "Idle":
        return live
    other = unit.candidate if unit.candidate != unit.live else None
    return f"{live}, version {other} is {unit.phase}" if other is not None else f"{live}, {unit.phase}"


def _row(version: UnitVersionItem) -> tuple[str, Text, str, str, str]:
    replicas = ", ".join(f"{_count(version, name)} {name}" for name in version.replicas)
    state = Text(version.state, _STYLE.get(version.state, ""))
    return version.version, state, replicas, version.since, version.until or "-"


def _count(version: UnitVersionItem, workload: str) -> str:
    """Return how many pods a workload runs: those that are ready, of those that shall be."""
    if version.running is None or version.ready is None:
        return str(version.replicas[workload])
    return f"{version.ready[workload]}/{version.running[workload]}"


def _facts(unit: UnitItem, asked: IntentItem | None, where: str) -> Iterator[tuple[str, str]]:
    if unit.phase not in ("Idle", "Blocked"):
        yield "cause", unit.cause
        yield "next", unit.next
    if unit.phase == "Awaiting" and not unit.paused:
        promote, abort = f"fairlead promote {unit.app}{where}", f"fairlead abort {unit.app}{where}"
        yield "", f"`{promote}` lets it go live, `{abort}` gives it up"
    if unit.blocked is not None:
        yield "blocked", unit.blocked
        yield "", f"`fairlead resolve {unit.app} HOW{where}` says how it goes on: keep-live, adopt-observed or force"
    if unit.held is not None:
        is_said = asked is not None and asked.explanation == unit.held_reason
        yield "held", unit.held[:19] + ("" if is_said else f": {unit.held_reason}")
    if unit.paused:
        by = f" by {unit.paused_by}" if unit.paused_by is not None else ""
        yield "paused", f"since {unit.paused_since}{by}: nothing goes forward before its switch"
        yield "", f"`fairlead resume {unit.app}{where}` ends it"
    if unit.queued:
        yield "waiting", f"{unit.queued} more asked for"
