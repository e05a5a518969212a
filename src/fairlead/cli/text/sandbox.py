"""A sandbox in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from fairlead.cli.text.layout import columns
from fairlead.cli.wire.sandbox import Sandbox, SandboxProcess


def sandbox_lines(document: Sandbox, width: int | None) -> Iterator[Text]:
    """How to reach the clusters, and how the processes are."""
    if not document.clusters:
        yield Text("There is no such sandbox.")
        return
    yield from access_lines(document, width)
    yield Text()
    yield from columns([("PROCESS", "STATE", "RESTARTS"), *map(_process, document.processes)], width=width)


def access_lines(document: Sandbox, width: int | None) -> Iterator[Text]:
    """How to reach the clusters."""
    rows = [(cluster.context, cluster.server, cluster.version) for cluster in document.clusters]
    yield from columns([("CONTEXT", "SERVER", "VERSION"), *rows], width=width)
    yield Text()
    facts = (
        ("kubeconfig", document.kubeconfig),
        ("registry", document.registry or "-"),
        ("nodes", document.node_kind or "-"),
        ("healthy", "yes" if document.healthy else "no"),
    )
    yield from columns(facts, width=width)


def log_lines(title: str, lines: Iterable[str]) -> Iterator[Text]:
    """The end of one log, under its title."""
    yield Text(f"==> {title}", "bold")
    yield from map(Text, lines)


def _process(process: SandboxProcess) -> tuple[str, Text, str]:
    if process.running:
        state = Text(f"running ({process.pid})", "green")
    elif process.last_exit is None:
        state = Text("not running", "red")
    else:
        state = Text(f"ended with {process.last_exit}", "red")
    return process.name, state, str(process.restarts)
