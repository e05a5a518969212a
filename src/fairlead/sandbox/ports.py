"""Choice of free ports."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack

from fairlead.domain.errors import OperationFailed, Problem

# Below the range that the kernel gives to outgoing connections, so that none of them takes a port of ours later.
_CANDIDATES = range(20000, 30000)


def free_ports(count: int, *, address: str = "127.0.0.1") -> tuple[int, ...]:
    """Find `count` different free ports, in random order, so that two sandboxes started at once rarely meet.

    Raises:
        OperationFailed: there are not that many.
    """
    chosen: list[int] = []
    with ExitStack() as held:
        for port in secrets.SystemRandom().sample(_CANDIDATES, len(_CANDIDATES)):
            if len(chosen) == count:
                break
            probe = held.enter_context(socket.socket())
            try:
                probe.bind((address, port))
            except OSError:
                continue
            chosen.append(port)
    if len(chosen) < count:
        raise OperationFailed(Problem(code="sandboxPorts", message=f"fewer than {count} ports of {address} are free"))
    return tuple(chosen)
