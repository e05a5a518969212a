"""`fairlead init`: credentials and contexts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer
from rich.text import Text

from fairlead.cli.command import build
from fairlead.cli.options import SELECTION, Common, Declared, Everything, OfCluster
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import named_environments
from fairlead.cli.text.layout import Cell, columns
from fairlead.cli.wire.documents import ContextItem, Contexts
from fairlead.domain.config import Environment
from fairlead.ports.provider import InitializedContext


@dataclass(frozen=True, slots=True)
class InitTargets:
    """Which environments to make ready."""

    names: Annotated[
        list[str] | None, typer.Argument(metavar="ENV", help="Environments", rich_help_panel=SELECTION)
    ] = None
    cluster: OfCluster = None
    everything: Everything = False


def init(
    targets: InitTargets,
    declared: Declared,
    common: Common,
    *,
    contexts_only: Annotated[
        bool, typer.Option("--contexts-only", help="Only set contexts; credentials are there already")
    ] = False,
    gitlab: Annotated[
        bool, typer.Option("--gitlab", help="Use the cluster that GitLab gives to a job, whatever is declared")
    ] = False,
) -> Operation:
    """Get credentials and set contexts."""
    return Operation(common, partial(_init, targets, declared, contexts_only=contexts_only, gitlab=gitlab))


async def _init(targets: InitTargets, declared: Declared, run: Run, *, contexts_only: bool, gitlab: bool) -> int:
    async with run.application(declared) as application:
        chosen = named_environments(
            application, targets.names or (), cluster=targets.cluster, everything=targets.everything
        )
        made = await application.initialize(chosen, contexts_only=contexts_only, gitlab=gitlab)
    run.output.show(_document(chosen, made), _lines)
    return 0


def _document(chosen: tuple[Environment, ...], made: tuple[InitializedContext, ...]) -> Contexts:
    return Contexts(
        contexts=[
            ContextItem(
                name=context.name,
                environment=environment.name,
                cluster=context.cluster,
                namespace=environment.namespace,
                release=None,
                server=context.server,
                fingerprint=context.fingerprint,
                changed=context.changed,
            )
            for environment, context in zip(chosen, made, strict=True)
        ]
    )


def _lines(document: Contexts, width: int | None) -> Iterator[Text]:
    head: list[Cell] = [Text(word, "dim") for word in ("CONTEXT", "CLUSTER", "NAMESPACE", "", "SERVER")]
    rows: list[list[Cell]] = [
        [
            item.name,
            item.cluster or "",
            item.namespace or "",
            Text("set", "green") if item.changed else Text("as before", "dim"),
            item.server,
        ]
        for item in document.contexts
    ]
    yield from columns([head, *rows], width=width)


app = build(init)
