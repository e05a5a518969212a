"""Variables in words."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from fairlead.cli.text.layout import columns, visible
from fairlead.cli.wire.variables import VariableItem, Variables


def variable_lines(document: Variables, width: int | None) -> Iterator[Text]:
    """Return one line for each variable, then what they would restart."""
    if not document.variables:
        yield Text(f"No variables are set in {document.namespace}.")
    yield from columns([(one.name, _value(one)) for one in document.variables], width=width)
    if not document.restarts:
        return
    yield Text("")
    yield Text("These apps get other variables, and so new pods, with their next deployment:")
    rows = [(one.app, f"version {one.version}", ", ".join(one.names)) for one in document.restarts]
    yield from columns(rows, width=width, indent=2)


def _value(variable: VariableItem) -> str:
    if variable.secret_ref is not None:
        return f"(secret {variable.secret_ref.name}/{variable.secret_ref.key})"
    return visible(variable.value or "")
