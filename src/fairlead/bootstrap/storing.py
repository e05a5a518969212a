"""Opens what a server keeps, and keeps it within its limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fairlead.adapters.administration.administration import SqliteAdministration
from fairlead.adapters.store.store import SqliteStore
from fairlead.domain.keeping.limits import Limits
from fairlead.pipeline.tidying import Tidied, keep_tidy
from fairlead.ports.administration import Administration
from fairlead.ports.clock import Clock
from fairlead.ports.store import Store


@asynccontextmanager
async def open_store(file: Path, clock: Clock, limits: Limits | None = None) -> AsyncIterator[Store]:
    """Open the store of a server; leaving the block stores what is under way.

    Raises:
        OperationFailed: another process has it (`storeBusy`), it is damaged, of something else or of a later version
            (`storeDamaged`, `storeInvalid`, `storeTooNew`), or cannot be used (`storeFailed`).
    """
    store = SqliteStore(file, limits or Limits())
    try:
        async with _tidied(store, clock):
            yield store
    finally:
        await store.close()


@asynccontextmanager
async def open_administration(
    file: Path, clock: Clock, *, limits: Limits | None = None, tidied: bool = True
) -> AsyncIterator[Administration]:
    """Open tokens, variables and the audit log, which other processes may have open too; a short call need not tidy.

    Raises:
        OperationFailed: as for the store, with `administration` in place of `store`; and never because it is open.
    """
    administration = SqliteAdministration(file, limits or Limits())
    try:
        if not tidied:
            yield administration
        else:
            async with _tidied(administration, clock):
                yield administration
    finally:
        await administration.close()


@asynccontextmanager
async def _tidied(tidied: Tidied, clock: Clock) -> AsyncIterator[None]:
    task = asyncio.create_task(keep_tidy(tidied, clock))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
