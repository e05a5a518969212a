"""Newer versions, for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from fairlead.cli.text.layout import columns, hanging
from fairlead.cli.wire.upgrades import TrackChoice


def choice_lines(document: TrackChoice, width: int | None) -> Iterator[Text]:
    """Return what is chosen, and below it what is not."""
    if document.choice is None:
        yield from hanging(Text(), Text(document.reason), width=width)
    else:
        yield from hanging(Text.assemble((document.choice, "bold green"), ": "), Text(document.reason), width=width)
    if document.rejected:
        yield Text()
        yield Text("Not taken:")
        yield from columns([[each.tag, each.reason] for each in document.rejected], width=width, indent=2)
