"""Opens what a server keeps, and keeps it within its limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fairlead.adapters.administration.administration import SqliteAdministration
from fairlead.adapters.store.store import SqliteStore
from fairlead.adapters.whoami.process import ThisProcess
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.locking import Holder
from fairlead.pipeline.background import beside
from fairlead.pipeline.tidying import keep_tidy
from fairlead.ports.administration import Administration
from fairlead.ports.clock import Clock
from fairlead.ports.store import Store
from fairlead.settings import Settings


@dataclass(frozen=True, slots=True)
class Places:
    """Where a server keeps what: what can be made again from clusters, and what cannot."""

    store: Path
    administration: Path


def places(settings: Settings, directory: Path | None = None) -> Places:
    """Return the files of a server that keeps them in a directory, by default the user's own."""
    where = directory or settings.data / "server"
    return Places(where / "store.sqlite", where / "administration.sqlite")


def who_runs_this() -> Holder:
    """Return who runs this process, for the audit log."""
    return ThisProcess().me()


@asynccontextmanager
async def open_store(file: Path, clock: Clock, limits: Limits | None = None) -> AsyncIterator[Store]:
    """Open the store of a server; leaving the block stores what is under way.

    Raises:
        OperationFailed: another process has it (`storeBusy`), it is damaged, of something else or of a later version
            (`storeDamaged`, `storeInvalid`, `storeTooNew`), or cannot be used (`storeFailed`).
    """
    store = SqliteStore(file, limits or Limits())
    try:
        async with beside(keep_tidy(store, clock)):
            yield store
    finally:
        await store.close()


@asynccontextmanager
async def open_administration(
    file: Path, clock: Clock, *, limits: Limits | None = None, tidied: bool = True
) -> AsyncIterator[Administration]:
    """Open tokens and the audit log, which other processes may have open too; a short call need not tidy.

    Raises:
        OperationFailed: as for the store, with `administration` in place of `store`; and never because it is open.
    """
    administration = SqliteAdministration(file, limits or Limits())
    try:
        if not tidied:
            yield administration
        else:
            async with beside(keep_tidy(administration, clock)):
                yield administration
    finally:
        await administration.close()
