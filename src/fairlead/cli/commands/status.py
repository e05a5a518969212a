"""`fairlead status`: how releases are, and why."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.live import Live

from fairlead.cli.command import build
from fairlead.cli.options import Common, Format, Where
from fairlead.cli.output import harmless
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import chosen_targets
from fairlead.cli.text.status import status_lines
from fairlead.cli.wire.plans import status_document
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.targets import Target
from fairlead.pipeline.application import Application

_EVERY = 2.0  # seconds between looks


def status(
    where: Where,
    common: Common,
    *,
    watch: Annotated[bool, typer.Option("-w", "--watch", help="Look again and again until Ctrl-C")] = False,
) -> Operation:
    """Show health, drift and last deployment."""
    return Operation(common, partial(_status, where, watch=watch))


async def _status(where: Where, run: Run, *, watch: bool) -> int:
    if watch and run.output.format is Format.JSON:
        message = "--watch cannot go with --output json, which is one document"
        raise InputError(Problem("usage", message, remedy="leave out one of the two"))
    progress = run.progress()
    async with run.application(where.declared, sink=progress) as application:
        chosen = chosen_targets(application, where, everything=True)
        if watch:
            return await _watch(application, chosen, run)
        with progress.shown():
            answering, silent = await application.answering(chosen)
            states = await application.status(answering)
        run.output.show(status_document(states, silent), partial(status_lines, now=application.clock.now()))
    return 1 if silent else 0


async def _watch(application: Application, chosen: tuple[Target, ...], run: Run) -> int:
    """Show the state until interrupted, which is the ordinary end of watching.

    A terminal is redrawn; a file or pipe gets the state whenever it is another one.
    """
    streams, last = run.surroundings.streams, None
    console = Console(file=streams.stdout, force_terminal=True, no_color=not run.output.color, highlight=False)
    with Live(console=console, auto_refresh=False, screen=True) if streams.width is not None else nullcontext() as live:
        while True:
            answering, silent = await application.answering(chosen)
            document = status_document(await application.status(answering), silent)
            lines = list(harmless(status_lines(document, streams.width, now=application.clock.now())))
            if live is not None:
                live.update(Group(*lines), refresh=True)
            elif document != last:
                run.output.lines(lines)
            last = document
            await application.clock.sleep(_EVERY)


app = build(status)
