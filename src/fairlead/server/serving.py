"""Runs an ASGI application on a socket until it is cancelled; what is under way is answered first."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.server.connection import LimitedConnection

GRACE_SECONDS = 6  # for requests under way when the end is asked for: handing over and storing needs some of the ten
_IDLE_SECONDS = 30
_BACKLOG = 2048  # connections that wait to be accepted


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. Port 0 takes any free one; with `descriptor` it is the socket that was handed over to us."""

    host: str
    port: int
    descriptor: int | None = None


class _Server(uvicorn.Server):
    """Uvicorn, but signals are the business of whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the handlers alone."""
        yield


@asynccontextmanager
async def serving(
    app: Any, address: Address, *, websockets: type[asyncio.Protocol] | None = None, grace: int = GRACE_SECONDS
) -> AsyncIterator[Address]:
    """Serve inside the block and give the address that was bound; leaving it ends gracefully.

    What is under way has `grace` seconds to be answered then.
    Connections that ask to become WebSockets are given to `websockets`, which is made as uvicorn makes its own.

    Raises:
        OperationFailed: the address is taken or not ours, or the descriptor is of no such socket (`cannotListen`).
    """
    listener = _listener(address) if address.descriptor is None else _handed_over(address.descriptor)
    config = uvicorn.Config(
        app,
        lifespan="off",
        http=LimitedConnection,
        ws=websockets or "none",
        access_log=False,  # addresses may hold secrets
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=grace,
    )
    server = _Server(config)
    task = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        host, port = listener.getsockname()[:2]
        yield Address(host, port)
    finally:
        server.should_exit = True
        await task


def _listener(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # The protocol is named, since asyncio sends small pieces at once (TCP_NODELAY) only where it is.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(_BACKLOG)  # from here on whoever connects is served, if not yet at once
    except OSError as error:
        listener.close()
        message = f"cannot listen on {address.host}:{address.port}: {error.strerror}"
        remedy = "another process may have that port; name another with --listen"
        raise OperationFailed(Problem("cannotListen", message, remedy=remedy)) from error
    return listener


def _handed_over(descriptor: int) -> socket.socket:
    """Return the socket on which whoever started us listens already; it is theirs, and outlives this process."""
    try:
        listener = socket.socket(fileno=descriptor)
    except OSError as error:
        raise _no_listener(descriptor) from error
    is_web = listener.family in (socket.AF_INET, socket.AF_INET6)
    if not is_web or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        listener.detach()
        raise _no_listener(descriptor)
    listener.set_inheritable(False)  # the programs that we start shall not keep it
    return listener


def _no_listener(descriptor: int) -> OperationFailed:
    message = f"cannot listen: descriptor {descriptor} is no TCP socket that listens"
    return OperationFailed(Problem("cannotListen", message, remedy="let systemd hand one over, or name HOST:PORT"))
