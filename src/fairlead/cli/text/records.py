"""Recorded deployments, for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from fairlead.cli.text.deployments import changes_of, outcome_of
from fairlead.cli.text.layout import columns, hanging
from fairlead.cli.text.plans import object_name
from fairlead.cli.text.status import age, commit
from fairlead.cli.wire.deploying import DeploymentItem, Deployments, ObjectOutcomeItem
from fairlead.doors.yaml import dump_stream

_HEAD = ("N", "OUTCOME", "CHANGES", "REVISION", "WHEN", "BY")
_VERSION = "VERSION"
"""What only apps have; a history in which nothing has one does not show it."""
_LABEL = 11  # columns of a label


def history_lines(document: Deployments, width: int | None, *, now: datetime) -> Iterator[Text]:
    """Return a table of deployments; `now` turns times into ages."""
    if not document.deployments:
        yield Text("Nothing is recorded of this release.")
        return
    rows = [[Text(head, "dim") for head in _HEAD], *(_row(item, now) for item in document.deployments)]
    if any(item.version for item in document.deployments):
        versions = [Text(_VERSION, "dim"), *(Text(item.version or "-") for item in document.deployments)]
        rows = [[number, version, *others] for version, (number, *others) in zip(versions, rows, strict=True)]
    yield from columns(rows, width=width)


def record_lines(document: Deployments, width: int | None, *, verbose: int) -> Iterator[Text]:
    """Return one deployment in full; its manifests only when `verbose`."""
    (item,) = document.deployments
    yield Text.assemble((f"{item.environment}/{item.release}", "bold"), f"  deployment {item.number}")
    for label, detail in _details(item):
        yield from hanging(Text.assemble("  ", (f"{label:<{_LABEL}}", "dim")), detail, width=width)
    if item.objects:
        yield Text()
        yield from columns([_object(one, item) for one in item.objects], width=width, indent=2)
    if verbose and item.manifests:
        yield Text()
        yield from Text(dump_stream(item.manifests).rstrip("\n")).split("\n")


def _row(item: DeploymentItem, now: datetime) -> list[Text]:
    return [
        Text(str(item.number)),
        outcome_of(item),
        _changes(item),
        Text(commit(item.revision)),
        Text(f"{age(str(item.started_at), now)} ago"),
        Text(f"{item.by}@{item.host}" if item.host else str(item.by)),
    ]


def _changes(item: DeploymentItem) -> Text:
    changes = Text(changes_of(item))
    return changes if item.rollback_to is None else Text.assemble(changes, f" (back to {item.rollback_to})")


def _details(item: DeploymentItem) -> Iterator[tuple[str, Text]]:
    yield "outcome", outcome_of(item)
    if item.version:
        yield "version", Text(item.version)
    yield "changes", _changes(item)
    yield "health", Text(item.health or "nobody looked")
    if item.explanation:
        yield "because", Text(item.explanation)
    where = f" on {item.host}, Fairlead {item.tool_version}" if item.host else ""
    yield "started", Text(f"{item.started_at} by {item.by}{where}")
    yield "took", Text(f"{item.duration_seconds:.1f}s" if item.finished_at else "nobody saw it end")
    yield "revision", Text(commit(item.revision))
    if item.chart:
        yield "chart", Text(f"{item.chart.name} {item.chart.version}")
    yield "plan", Text(item.plan_digest or "")


def _object(one: ObjectOutcomeItem, item: DeploymentItem) -> list[Text]:
    if one.done:
        word = Text(one.action, "dim" if one.action in ("keep", "skip") else "green")
    elif one.problem:
        word = Text(f"{one.action} failed", "bold red")
    else:  # of a version that was given up, or is still on its way, some of it was made
        word = Text(f"{one.action} not {'begun' if item.version is None else 'finished'}", "yellow")
    return [word, Text(object_name(one.object, item.namespace)), Text(one.problem)]
