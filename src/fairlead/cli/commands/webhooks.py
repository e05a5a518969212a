"""`fairlead webhooks`: takes webhooks, and acts on the images that they announce, until it is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from fairlead.bootstrap import open_queue
from fairlead.cli.command import build
from fairlead.cli.listening import Listen, listen_at, require_server, url_of
from fairlead.cli.logs import logged
from fairlead.cli.options import Common, Format, Where
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import chosen_targets
from fairlead.cli.text.announced import acted_lines, failed_line
from fairlead.cli.upgrading import Acting, Search
from fairlead.cli.wire.upgrades import Updates, updates_document
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.updates import Upgrades
from fairlead.domain.webhooks.receivers import Receiver
from fairlead.pipeline.announced import Consumer, announcements, earlier
from fairlead.pipeline.upgrading import Upgrading
from fairlead.ports.deliveries import DeliveryQueue, Work
from fairlead.server.apart import apart
from fairlead.server.receiving import receivers_in

_NEEDED = ("uvicorn", "httptools")
_QUEUE = "deliveries.sqlite"


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
    surroundings = run.surroundings
    settings = surroundings.settings
    receivers = receivers_in(surroundings.directory / receiving.config, settings.environ)
    surroundings.redactor.register(receiver.secret for receiver in receivers.values())
    async with run.application(where.declared) as application:  # mistakes are said now, not at the first delivery
        run.warn(application)
        chosen_targets(application, where, everything=True)
    if run.output.format is Format.JSON:
        message = "webhooks cannot go with --output json, which is one document"
        raise InputError(Problem("usage", message, remedy="leave it out"))
    file = surroundings.directory / (receiving.queue or settings.data / _QUEUE)
    with logged(run):
        async with open_queue(file) as queue:
            act, fell = partial(_act, where, acting, run), partial(_fell, run)
            await _serve(receivers, listen, queue, Consumer(queue, act, surroundings.clock, fell), run)
    return 0


async def _serve(
    receivers: dict[str, Receiver], listen: Listen, queue: DeliveryQueue, consumer: Consumer, run: Run
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


async def _act(where: Where, acting: Acting, run: Run, works: Sequence[Work]) -> None:
    """Read the files anew, weigh what was announced, do what is asked, and tell."""
    document = await apart(partial(_acted, where, acting, run, works))
    run.output.lines(acted_lines(works, document, skipped=run.common.verbose > 0))


async def _acted(where: Where, acting: Acting, run: Run, works: Sequence[Work]) -> Updates:
    async def find(upgrading: Upgrading, targets: Sequence[Target]) -> Upgrades:
        return await upgrading.observe_all(targets, announcements(works), earlier(works))

    async with run.application(where.declared) as application:
        found, done = await Search(where, find, settles=False).carried_out(application, acting)
    return updates_document(found, done.patched, done.proposed)


def _fell(run: Run, works: Sequence[Work], error: Exception, delay: float) -> None:
    run.output.note([Text(run.surroundings.redactor.text(failed_line(works, error, delay)))])


app = build(webhooks)
