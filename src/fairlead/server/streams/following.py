"""Serves one stream on any wire: everything so far, then what happens, and a ping when nothing does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fairlead.domain.errors import FairleadError
from fairlead.server.streams.hub import Ending, Follower, Hub
from fairlead.server.streams.telling import Chunk, Quiet, Wire

_log = logging.getLogger(__name__)


async def serve(
    hub: Hub,
    follower: Follower,
    wire: Wire,
    *,
    send: Callable[[bytes], Awaitable[None]],
    ping: Callable[[], bytes],
) -> Ending:
    """Tell a client until its deployment has ended, it takes nothing any more, or the server ends it.

    `send` waits while the client takes nothing. Cancelled because the client is gone, it is cancelled.
    """
    try:
        with hub.following(follower) as feed:
            number = follower.after
            while True:
                match await feed.after(number, wire):
                    case Chunk(data=data, last=last):
                        number = last
                    case Quiet.QUIET:
                        data = ping()
                    case None:
                        return Ending.COMPLETE
                follower.sending_since = hub.clock.monotonic()
                await send(data)
                follower.sending_since = None
    except FairleadError as error:
        _log.error("a stream of %s: %s", follower.deployment, error)
        return Ending.FAILED
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if follower.ended is None or task is None:
            raise
        task.uncancel()
        return follower.ended
