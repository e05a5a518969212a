"""Merges a pull request on the demo's forge, as its button would: PULL."""

from __future__ import annotations

import asyncio
import sys

from fairlead.doors.dial import Dialer


async def main(pull: str) -> None:
    """Ask the forge, and say what it answers first."""
    dialer = Dialer()
    try:
        response = await dialer.request("POST", pull)
    finally:
        await dialer.close()
    if response.status != 200:
        sys.exit(f"{pull} was not merged: the forge answered {response.status}")
    print(response.body.decode().partition("\n")[0])


asyncio.run(main(sys.argv[1]))
