"""One call of a command: what surrounds it, what was asked, and how it is carried out."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.bootstrap import Wishes, open_application, system_clock
from fairlead.cli.options import Common, Declared
from fairlead.cli.output import Output
from fairlead.cli.progress import Progress
from fairlead.cli.streams import Streams
from fairlead.cli.text.problems import problem_lines
from fairlead.domain.errors import Interrupted, Problem
from fairlead.doors.redaction import Redactor
from fairlead.ports.clock import Clock
from fairlead.ports.events import EventSink
from fairlead.settings import Settings

if TYPE_CHECKING:
    from fairlead.pipeline.application import Application

INTERRUPTED = 130

Opener = Callable[[Settings, Wishes, EventSink, Redactor], "AbstractAsyncContextManager[Application]"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that a command gets from outside. Tests put fakes here.

    `redactor` learns the secrets of the run, so that no failure can show them.
    """

    settings: Settings
    streams: Streams
    directory: Path
    open: Opener = open_application
    redactor: Redactor = field(default_factory=Redactor)
    clock: Clock = field(default_factory=system_clock)


@dataclass(frozen=True, slots=True)
class Run:
    """One call, after its options were read."""

    surroundings: Surroundings
    common: Common
    output: Output

    def application(
        self,
        declared: Declared,
        *,
        sink: EventSink | None = None,
        offline: bool = False,
    ) -> AbstractAsyncContextManager[Application]:
        """Open the application for this call; leaving the block closes every connection and worker."""
        wishes = Wishes(
            directory=self.surroundings.directory,
            environments_file=declared.environments_file,
            root=declared.root,
            kubeconfig=declared.access.kubeconfig,
            context=declared.access.context,
            offline=offline,
        )
        surroundings = self.surroundings
        return surroundings.open(surroundings.settings, wishes, sink or Silence(), surroundings.redactor)

    def warn(self, application: Application) -> None:
        """Say what was suspicious about the declared files."""
        if warnings := application.loaded.warnings:
            self.output.note(problem_lines(warnings, width=None))

    def progress(self) -> Progress:
        """Return where this call shows what goes on."""
        return Progress(self.surroundings.streams, self.output.color, self.common.verbose)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a command wants done: the parsed call as a value, carried out after parsing has ended."""

    common: Common
    body: Callable[[Run], Awaitable[int]]


class Silence:
    """Takes events and tells nobody."""

    def emit(self, event: object) -> None:
        """Drop the event."""


def carry_out(operation: Operation, surroundings: Surroundings) -> int:
    """Run an operation to its end and return the exit code.

    The first SIGINT or SIGTERM cancels it, so that it ends at a clean point (`Interrupted`); the second one ends the
    process at once.
    """
    output = Output(surroundings.streams, operation.common.output, color=_colored(operation.common, surroundings))
    run = Run(surroundings, operation.common, output)
    try:
        with asyncio.Runner() as runner:
            return runner.run(_interruptible(operation.body(run)))
    except asyncio.CancelledError:
        raise Interrupted(Problem("interrupted", "interrupted by a signal")) from None


async def _interruptible(body: Awaitable[int]) -> int:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(body)
    signals = (signal.SIGINT, signal.SIGTERM)
    asked = False

    def stop() -> None:
        nonlocal asked
        if asked:
            os._exit(INTERRUPTED)
        asked = True
        task.cancel()

    for number in signals:
        loop.add_signal_handler(number, stop)
    try:
        return await task
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _colored(common: Common, surroundings: Surroundings) -> bool:
    return not common.no_color and not surroundings.settings.no_color
