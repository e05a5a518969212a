"""The composition root. What opens an application is imported when one is opened: half of all modules are for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.adapters.clock.system import SystemClock
from fairlead.doors.redaction import Redactor
from fairlead.ports.clock import Clock
from fairlead.ports.deliveries import DeliveryQueue
from fairlead.ports.events import EventSink
from fairlead.settings import Settings

if TYPE_CHECKING:
    from fairlead.pipeline.application import Application


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller asks for beyond the settings; None leaves it to them.

    `directory` is where relative paths start. `offline` forbids to fetch charts: only what the cache holds counts.
    """

    directory: Path
    environments_file: Path | None = None
    root: Path | None = None
    kubeconfig: Path | None = None
    context: str | None = None
    offline: bool = False


def open_application(
    settings: Settings, wishes: Wishes, sink: EventSink, redactor: Redactor
) -> AbstractAsyncContextManager[Application]:
    """Build the application; leaving the block gives back every connection and worker."""
    from fairlead.bootstrap.application import opened  # noqa: PLC0415 - commands that need none shall not pay for it

    return opened(settings, wishes, sink, redactor)


def system_clock() -> Clock:
    """Return the machine's clock, for what needs no application."""
    return SystemClock()


@asynccontextmanager
async def open_queue(file: Path) -> AsyncIterator[DeliveryQueue]:
    """Open the queue of deliveries in a file; leaving the block stores what is under way.

    Raises:
        OperationFailed: the file cannot be used, or another process uses it (`queueFailed`, `queueBusy`).
    """
    from fairlead.adapters.deliveries.sqlite import SqliteQueue  # noqa: PLC0415 - only the server needs a database

    queue = SqliteQueue(file)
    try:
        yield queue
    finally:
        await queue.close()
