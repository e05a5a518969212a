"""Asks the person at the terminal."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from fairlead.cli.streams import Streams


async def agreed(streams: Streams, question: str) -> bool:
    """Ask a yes-or-no question; anything but yes is no. Cancelling does not wait for the answer."""
    streams.stderr.write(f"{question} [y/N] ")
    streams.stderr.flush()
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def deliver(line: str) -> None:
        if not answer.done():
            answer.set_result(line)

    def read() -> None:
        line = streams.stdin.readline()
        with suppress(RuntimeError):  # the loop is gone: the run was interrupted
            loop.call_soon_threadsafe(deliver, line)

    # A daemon, since nobody can end a thread that waits for the keyboard.
    threading.Thread(target=read, daemon=True).start()
    return (await answer).strip().lower() in ("y", "yes")
