"""Single requests to the sample workload, wherever it listens."""

from __future__ import annotations

from bench.connections import Reply, Target, ask_once, wall_clock
from fairlead.sandbox.waiting import holds_within


async def reply_of(target: Target, path: str = "/", *, method: str = "GET") -> Reply:
    """Ask once, on a connection of its own; the reply without a status is that of nobody."""
    reply = Reply(wall_clock())
    try:
        await ask_once(target, target.get(path) if method == "GET" else target.post(path, b""), reply)
    except OSError:
        return Reply(wall_clock())
    return reply


async def answering(address: str, port: int) -> Target:
    """Return where an address is asked, as soon as an app answers there."""
    target = Target(address, port)

    async def answers() -> bool:
        return (await reply_of(target)).status == 200

    await holds_within(20, f"an answer of {address}", answers)
    return target
