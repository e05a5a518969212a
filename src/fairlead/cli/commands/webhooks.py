"""`fairlead webhooks`: takes webhooks, and acts on the images that they announce, until it is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from fairlead.bootstrap import open_queue
from fairlead.cli.announcing import QUEUE, Announced
from fairlead.cli.command import build
from fairlead.cli.listening import Listen, listen_at, require_server, url_of
from fairlead.cli.logs import logged
from fairlead.cli.options import Common, Format, Where
from fairlead.cli.run import Operation, Run
from fairlead.cli.upgrading import Acting
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.webhooks.receivers import Receiver
from fairlead.pipeline.upgrades.announced import Consumer
from fairlead.ports.deliveries import DeliveryQueue

_NEEDED = ("uvicorn", "httptools")


@dataclass(frozen=True, slots=True)
class Receiving:
    """Who may send, where, and where deliveries wait."""

    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="Who may send: the receivers")]
    listen: Annotated[
        str,
        typer.Option(
            "--listen", metavar="HOST:PORT", help="Where to listen; or fd:NUMBER, a socket that is handed over"
        ),
    ] = "127.0.0.1:8080"
    queue: Annotated[
        Path | None,
        typer.Option(
            "--queue", metavar="FILE", help="Where deliveries wait [default: ~/.local/state/fairlead/deliveries.sqlite]"
        ),
    ] = None


def webhooks(receiving: Receiving, where: Where, acting: Acting, common: Common) -> Operation:
    """Take webhooks."""
    return Operation(common, partial(_webhooks, receiving, listen_at(receiving.listen), where, acting))


async def _webhooks(receiving: Receiving, listen: Listen, where: Where, acting: Acting, run: Run) -> int:
    require_server(_NEEDED)
    surroundings, announced = run.surroundings, Announced(where, acting, run)
    receivers = announced.receivers(receiving.config)
    async with run.application(where.declared) as application:
        run.warn(application)
        announced.check(application)
    if run.output.format is Format.JSON:
        message = "webhooks cannot go with --output json, which is one document"
        raise InputError(Problem("usage", message, remedy="leave it out"))
    file = surroundings.directory / (receiving.queue or surroundings.settings.data / QUEUE)
    with logged(run):
        async with open_queue(file) as queue:
            await _serve(receivers, listen, queue, announced.consumer(queue), run)
    return 0


async def _serve(
    receivers: Mapping[str, Receiver], listen: Listen, queue: DeliveryQueue, consumer: Consumer, run: Run
) -> None:
    """Serve and act until cancelled: first no more is taken, then what is being done ends."""
    from fairlead.server.serving import Address, serving  # noqa: PLC0415 - not everybody has installed a server
    from fairlead.server.webhooks import Webhooks  # noqa: PLC0415 - as above

    async with asyncio.TaskGroup() as group:
        group.create_task(consumer.run())
        app = Webhooks(receivers, queue, consumer.arrived)
        async with serving(app, Address(listen.host, listen.port, listen.descriptor)) as bound:
            run.output.lines([Text(f"listening on {url_of(bound.host, bound.port)}")])
            if not Listen(bound.host, bound.port).is_loopback:
                run.output.note([Text("others can reach this address, and it speaks no TLS: put a proxy before it")])
            await asyncio.Event().wait()


app = build(webhooks)
