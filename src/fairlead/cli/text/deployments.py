"""What a deployment came to, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from fairlead.cli.text.layout import columns, hanging
from fairlead.cli.text.plans import wished, written
from fairlead.cli.wire.deploying import DeploymentItem, Deployments

ASKED_FOR = "asked for"
"""What people read of a success of which changes are yet to be carried out."""

STYLE = {
    "succeeded": "green",
    ASKED_FOR: "yellow",
    "unchanged": "dim",
    "failed": "bold red",
    "refused": "bold red",
    "rolledBack": "yellow",
    "interrupted": "yellow",
    "superseded": "yellow",
    "skipped": "yellow",
}
_HEAD = ("RELEASE", "OUTCOME", "CHANGES", "HEALTH", "TIME")


def deployment_lines(document: Deployments, width: int | None) -> Iterator[Text]:
    """Return a table of what happened to each release, then why some did not succeed."""
    items = document.deployments
    if not items:
        yield Text("Nothing to do.")
        return
    yield from columns([[Text(head, "dim") for head in _HEAD], *(_row(item) for item in items)], width=width)
    for item in items:
        if item.explanation:
            yield Text()
            yield Text.assemble((_name(item), "bold"), " ", outcome_of(item))
            yield from hanging(Text("  "), Text(item.explanation), width=width)
    yield Text()
    counts = Counter(outcome_of(item).plain for item in items)
    yield Text(", ".join(f"{counts[outcome]} {outcome}" for outcome in STYLE if counts[outcome]))


def _row(item: DeploymentItem) -> list[Text]:
    return [
        Text(_name(item)),
        outcome_of(item),
        # The summary is the plan's; of these nothing was carried out.
        Text("-" if item.outcome in ("skipped", "refused") else changes_of(item)),
        Text(item.health or "-"),
        Text(f"{item.duration_seconds:.1f}s"),
    ]


def outcome_of(item: DeploymentItem) -> Text:
    """Return how a deployment ended, for people."""
    word = ASKED_FOR if item.requested else item.outcome
    return Text(word, STYLE[word])


def changes_of(item: DeploymentItem) -> str:
    """Return what was changed, or is to be."""
    return wished(item.summary) if item.requested else written(item.summary)


def _name(item: DeploymentItem) -> str:
    return f"{item.environment}/{item.release}"
