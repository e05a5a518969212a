"""What is declared, for people: lists and values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from fairlead.cli.text.fields import shown
from fairlead.cli.text.layout import columns
from fairlead.cli.wire.documents import List, ListedItem, Origin, Values
from fairlead.domain.valuepaths import parse_path
from fairlead.domain.values import lookup


def cluster_lines(document: List, width: int | None) -> Iterator[Text]:
    """Return a table of clusters."""
    rows = [(item.name, item.provider or "", f"{item.file}:{item.line}") for item in document.items]
    return _table(("CLUSTER", "PROVIDER", "DECLARED"), rows, width)


def environment_lines(document: List, width: int | None) -> Iterator[Text]:
    """Return a table of environments."""
    rows = [
        (item.name, item.cluster or "", item.namespace or "", str(item.releases), f"{item.file}:{item.line}")
        for item in document.items
    ]
    return _table(("ENVIRONMENT", "CLUSTER", "NAMESPACE", "RELEASES", "DECLARED"), rows, width)


def release_lines(document: List, width: int | None) -> Iterator[Text]:
    """Return a table of releases."""
    rows = [
        (f"{item.environment}/{item.name}", item.namespace or "", _source(item), f"{item.file}:{item.line}")
        for item in document.items
    ]
    return _table(("RELEASE", "NAMESPACE", "SOURCE", "DECLARED"), rows, width)


def value_lines(document: Values, width: int | None) -> Iterator[Text]:
    """Return a table of values, each with the place that set it."""
    rows = [
        (path, _origin(origin), shown(lookup(document.values, parse_path(path))))
        for path, origin in sorted(document.provenance.items())
    ]
    return _table(("VALUE", "FROM", "IS"), rows, width)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> Iterator[Text]:
    yield from columns([[Text(word, "dim") for word in head], *rows], width=width)


def _source(item: ListedItem) -> str:
    files = item.files or []
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    parts = (item.source, item.chart, item.version, *files[:1])
    return " ".join(part for part in parts if part) + more


def _origin(origin: Origin) -> str:
    if origin.file is None:
        return origin.source
    return f"{origin.file}:{origin.line}" if origin.line is not None else origin.file
