"""Finds out whether anybody listens at an address, without saying anything there."""

from __future__ import annotations

import asyncio
import socket

from fairlead.doors.trust import Address


async def listens(address: Address, port: int, *, seconds: float) -> bool | None:
    """Return whether a TCP connection was accepted or refused; None where neither happened within `seconds`.

    Whoever may not be contacted, the caller leaves out.
    """
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.setblocking(False)  # noqa: FBT003 - the name is the method's
        connecting = asyncio.ensure_future(asyncio.get_running_loop().sock_connect(made, (str(address), port)))
        try:
            # Unlike a timeout this tells what came in time although this process was late to see it.
            await asyncio.wait({connecting}, timeout=seconds)
            if not connecting.done():
                return None
            connecting.result()
        except ConnectionRefusedError:
            return False
        except OSError:
            return None
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
        return True
