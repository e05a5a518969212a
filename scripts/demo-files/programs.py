"""Prints the folders of kubectl and helm for PATH; what the cache lacks is built first, as for the sandbox."""

from __future__ import annotations

import asyncio

from fairlead.cli.sandbox_progress import SandboxProgress
from fairlead.cli.streams import Streams
from fairlead.sandbox.cluster import programs
from fairlead.sandbox.modules import HELM, KUBERNETES
from fairlead.settings import Settings


async def main() -> None:
    """Build what is missing, and say where it is."""
    with SandboxProgress(Streams.standard(), color=False) as progress:
        found = await programs((KUBERNETES, HELM), Settings.from_environment(), progress.take)
    print(found["kubectl"].parent, found["helm"].parent, sep=":")


asyncio.run(main())
