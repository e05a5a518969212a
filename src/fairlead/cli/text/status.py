"""How releases are, for people: a table, and under each release that is not well, why and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from rich.text import Text

from fairlead.cli.text.layout import columns, hanging
from fairlead.cli.text.plans import object_name
from fairlead.cli.wire.deploying import RevisionItem, Status, StatusItem

_HEALTH = {
    "current": "green",
    "progressing": "yellow",
    "terminating": "yellow",
    "failed": "bold red",
    "notFound": "red",
    "unknown": "magenta",
}
_DRIFT = {"none": "", "drifted": "yellow", "unknown": "magenta"}
_GOOD = ("succeeded", "unchanged")
_HEAD = ("RELEASE", "HEALTH", "DRIFT", "REVISION", "SINCE")


def status_lines(document: Status, width: int | None, *, now: datetime) -> Iterator[Text]:
    """Return the status of every release; `now` turns times into ages."""
    if not document.releases:
        yield Text("Nothing is declared here.")
        return
    rows = [[Text(head, "dim") for head in _HEAD], *(_row(item, now) for item in document.releases)]
    head, *lines = columns(rows, width=None)
    yield head
    for item, line in zip(document.releases, lines, strict=True):
        yield line
        for label, detail in _details(item):
            yield from hanging(Text.assemble("    ", (f"{label:<9}", "dim")), Text(detail), width=width)
    yield Text()
    yield _conclusion(document)


def age(since: str, now: datetime) -> str:
    """Return how long ago a time was, as `5m` or `3d`."""
    seconds = max(timedelta(), now - datetime.fromisoformat(since)) // timedelta(seconds=1)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _row(item: StatusItem, now: datetime) -> list[Text]:
    return [
        Text(f"{item.environment}/{item.name}"),
        Text(item.health, _HEALTH[item.health]),
        Text(item.drift, _DRIFT[item.drift]),
        Text(commit(item.revision)),
        Text(age(item.since, now) if item.since else "-"),
    ]


def commit(revision: RevisionItem | None) -> str:
    """Return the commit of a revision, short."""
    if revision is None:
        return "-"
    name = revision.commit[:7] if revision.commit else "no commit"
    return f"{name}+edits" if revision.dirty else name


def _details(item: StatusItem) -> Iterator[tuple[str, str]]:
    if item.cause:
        yield "cause", item.cause
    if item.next:
        yield "next", item.next
    last = item.last_deployment
    if last is not None and last.outcome not in _GOOD:
        yield "last", f"deployment {last.number} by {last.by} {last.outcome}"
    if item.held is not None:
        yield "held", f"at deployment {item.held.number} by {item.held.by}: {item.held.reason}"
    if item.drifted_objects:
        yield "drifted", ", ".join(object_name(each, item.namespace) for each in item.drifted_objects)


def _conclusion(document: Status) -> Text:
    total = len(document.releases)
    healthy = sum(item.health == "current" for item in document.releases)
    drifted = sum(item.drift == "drifted" for item in document.releases)
    words = Text(f"{healthy} of {total} current", "green" if healthy == total else "bold")
    if drifted:
        words.append(f", {drifted} drifted", "yellow")
    return words
