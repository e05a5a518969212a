"""`fairlead server`: serves the API, and drives the units of the declared clusters, until it is ended."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.text import Text

from fairlead.bootstrap import open_queue
from fairlead.bootstrap.storing import open_administration, open_store, places
from fairlead.bootstrap.units import for_others, units_of, variables_in
from fairlead.cli.announcing import QUEUE, Announced
from fairlead.cli.command import build
from fairlead.cli.listening import Listen, listen_at, require_server, url_of
from fairlead.cli.logs import logged
from fairlead.cli.options import Common, Declared, Format, Releases, Targets, Where
from fairlead.cli.run import Operation, Run
from fairlead.cli.upgrading import Acting
from fairlead.domain.authorising.admitting import listening_problem
from fairlead.domain.authorising.tokens import TokenState
from fairlead.domain.config import Declaration
from fairlead.domain.errors import InputError, Problem, Refused
from fairlead.pipeline.background import beside

_NEEDED = ("uvicorn", "httptools", "fastapi", "websockets", "prometheus_client")


class LogFormat(StrEnum):
    """How a server writes its log."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where to listen, where to remember, who may call from a browser."""

    listen: Annotated[
        str,
        typer.Option(
            "--listen", metavar="HOST:PORT", help="Where to listen; or fd:NUMBER, a socket that is handed over"
        ),
    ] = "127.0.0.1:8080"
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Where to remember [default: ~/.local/state/fairlead/server]"),
    ] = None
    origins: Annotated[
        list[str] | None,
        typer.Option("--origin", metavar="URL", help="Pages of this origin may call; may be repeated"),
    ] = None
    webhooks: Annotated[
        Path | None, typer.Option("--webhooks", metavar="FILE", help="Take webhooks as well: who may send them")
    ] = None
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", metavar="text|json", help="One JSON document a line, or notes")
    ] = LogFormat.TEXT


def server(options: ServerOptions, acting: Acting, declared: Declared, common: Common) -> Operation:
    """Serve the API."""
    listen, origins = listen_at(options.listen), frozenset(_origin(text) for text in options.origins or ())
    if options.webhooks is None and (acting.patch or acting.pr):
        message = "found what to do about updates, but no --webhooks that would announce any"
        raise InputError(Problem("conflictingOptions", message, remedy="name the file of receivers with --webhooks"))
    where = Where(Targets(), Releases(), declared)
    return Operation(common, partial(_server, options, listen, origins, acting, where))


async def _server(
    options: ServerOptions, listen: Listen, origins: frozenset[str], acting: Acting, where: Where, run: Run
) -> int:
    require_server(_NEEDED)
    announced = Announced(where, acting, run)
    receivers = None if options.webhooks is None else announced.receivers(options.webhooks)
    if run.output.format is Format.JSON:
        message = "server cannot go with --output json, which is one document"
        raise InputError(Problem("usage", message, remedy="leave it out; --log-format json is for its log"))
    from fairlead.server.operating import Kept, ears_of, running, server_of  # noqa: PLC0415 - needs the extra
    from fairlead.server.rolling import UnitRollouts  # noqa: PLC0415 - as above
    from fairlead.server.serving import Address  # noqa: PLC0415 - as above
    from fairlead.server.surrounding import Surroundings  # noqa: PLC0415 - as above
    from fairlead.server.webhooks import Webhooks  # noqa: PLC0415 - as above

    surroundings, clock = run.surroundings, run.surroundings.clock
    directory = None if options.data is None else surroundings.directory / options.data
    files = places(surroundings.settings, directory)
    async with AsyncExitStack() as stack:
        voice = stack.enter_context(logged(run, is_json=options.log_format is LogFormat.JSON))
        administration = await stack.enter_async_context(open_administration(files.administration, clock))
        tokens = await administration.tokens.list()
        if (problem := listening_problem(tokens, clock.now(), is_loopback=listen.is_loopback)) is not None:
            raise Refused(problem)
        store = await stack.enter_async_context(open_store(files.store, clock))
        kept = Kept(store, administration, clock, listen.is_loopback)
        ears = ears_of(kept)
        application = await stack.enter_async_context(run.application(where.declared))
        voice.warn(application.loaded.warnings)
        if receivers is not None:
            announced.check(application)
        units = await stack.enter_async_context(units_of(application, ears.recorder, for_others))
        rollouts = UnitRollouts(units, _clusters(application.declaration), store, variables_in)
        webhooks: Webhooks | None = None
        if receivers is not None:
            queue = await stack.enter_async_context(open_queue(files.store.with_name(QUEUE)))
            consumer = announced.consumer(queue)
            await stack.enter_async_context(beside(consumer.run()))
            webhooks = Webhooks(receivers, queue, consumer.arrived)
        made = server_of(kept, ears, rollouts, Surroundings(origins), webhooks)
        bound = await stack.enter_async_context(running(made, Address(listen.host, listen.port, listen.descriptor)))
        run.output.lines([Text(f"listening on {url_of(bound.host, bound.port)}")])
        voice.say("what can be asked is at /api/v1/openapi.json")
        if listen.is_loopback and not any(token.state(clock.now()) is TokenState.VALID for token in tokens):
            voice.say("no token is valid: whoever reaches this address may do everything")
        if not listen.is_loopback:
            voice.say("others can reach this address, and it speaks no TLS: put a proxy before it")
        await asyncio.Event().wait()
    return 0


def _clusters(declaration: Declaration) -> tuple[str, ...]:
    """Return the clusters that environments are in, in their order."""
    return tuple(dict.fromkeys(environment.cluster for environment in declaration.environments))


def _origin(text: str) -> str:
    """Return an origin as browsers send it."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
        message = f"found --origin {text!r}, expected SCHEME://HOST"
        raise InputError(Problem("invalidOrigin", message, remedy="write it as https://fairlead.example.org"))
    return f"{parts.scheme}://{parts.netloc}".lower()


app = build(server)
