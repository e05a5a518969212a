"""What commands about units have in common: where they are, what goes on, how it ended."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from fairlead.bootstrap.units import units_in_context, units_of
from fairlead.cli.options import SELECTION, Declared
from fairlead.cli.run import Run
from fairlead.cli.text.units import GOOD, unit_lines
from fairlead.cli.unit_progress import UnitProgress
from fairlead.cli.wire.units import units_document
from fairlead.domain.errors import InputError, Interrupted, Problem
from fairlead.domain.rollout.intents import Intent, Resume
from fairlead.domain.rollout.phases import Phase, UnitOutcome
from fairlead.domain.rollout.refusing import Ways
from fairlead.domain.selection import Scope, choose_environments
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.checking import Check, as_taken
from fairlead.pipeline.units.driver import Rests
from fairlead.pipeline.units.service import Units, new_id, until_ended, until_waiting

UnitName = Annotated[str, typer.Argument(metavar="APP", help="An app")]

_REFUSED = frozenset({UnitOutcome.REFUSED, UnitOutcome.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class UnitWhere:
    """In which cluster and namespace a unit is: those of a declared environment, else of a kubeconfig context."""

    declared: Declared
    environment: Annotated[
        str | None,
        typer.Option(
            "-e",
            "--environment",
            metavar="ENV",
            help="In the cluster and namespace of this environment [default: those of the kubeconfig context]",
            rich_help_panel=SELECTION,
        ),
    ] = None
    namespace: Annotated[
        str | None,
        typer.Option(
            "--namespace", metavar="NAME", help="In this namespace [default: default]", rich_help_panel=SELECTION
        ),
    ] = None

    def options(self, namespace: str | None) -> str:
        """Return what another command needs to come to the same place, each option after a space.

        `namespace` is the one that was named, here or by a descriptor.
        """
        given = {
            "-e": self.environment,
            "--namespace": namespace if self.environment is None else None,
            "-f": self.declared.environments_file,
            "--root": self.declared.root,
            "--kubeconfig": self.declared.access.kubeconfig,
            "--context": self.declared.access.context,
        }
        return "".join(f" {name} {shlex.quote(str(value))}" for name, value in given.items() if value is not None)


@dataclass(frozen=True, slots=True)
class Session:
    """Units within reach, and the cluster and namespace that a command is about.

    `creates_namespace` says whether the environment wants its namespace made when it is missing. `where` are the
    options that lead another command here.
    """

    units: Units
    cluster: str
    namespace: str
    run: Run
    progress: UnitProgress
    creates_namespace: bool = False
    where: str = ""

    def key(self, app: str) -> UnitKey:
        """Return the unit of an app."""
        return UnitKey(self.cluster, self.namespace, app)

    def asked(self) -> tuple[str, str, datetime]:
        """Return what every intent begins with: a new id, who asks, and when."""
        return new_id(), self.units.engine.whoami.me().who, self.units.engine.clock.now()

    async def carry_through(self, key: UnitKey, intent: Intent, version: str = "") -> int:
        """Ask for something, drive the unit until it has ended, show how, and return the exit code.

        Raises:
            NotTaken: the unit would refuse it as it stands, or is blocked (`unitBlocked`).
        """
        await self.units.submit(key, intent, self.check(key.name))
        # Who ends a pause wants what it held back.
        return await self.follow(key, intent.id, version, since=intent.at if isinstance(intent, Resume) else None)

    def check(self, app: str) -> Check:
        """Return what refuses at once what the unit of an app does not take."""
        look, resolve = f"`fairlead units {app}{self.where}`", f"`fairlead resolve {app} HOW{self.where}`"
        return as_taken(app, Ways(look, resolve))

    async def ask_only(self, key: UnitKey, intent: Intent) -> int:
        """Ask for something and show how it ended; what else is under way goes on as it did, or stays."""
        await self.units.submit(key, intent)
        await self.drive(key, until_ended(intent.id))
        return await self._shown(key, intent.id)

    async def follow(self, key: UnitKey, intent: str, version: str, *, since: datetime | None = None) -> int:
        """Drive a unit until an intent has ended, show how, and return the exit code.

        `version` is the one that the intent is about, empty when it names none; `since` is as for what is shown.
        """
        await self.drive(key, until_waiting(intent))
        return await self._shown(key, intent, version, since=since)

    async def _shown(self, key: UnitKey, intent: str, version: str = "", *, since: datetime | None = None) -> int:
        """Show how an intent ended, or the last one that ended badly `since` a moment, and return the exit code."""
        status = await self.units.read(key)
        bad = [one for one in status.anchor.ended if since and one.at >= since and one.outcome.value not in GOOD]
        ended = bad[-1] if bad else status.ended(intent)
        lines = partial(unit_lines, where=self.where, version=version, seconds=self.progress.seconds)
        self.run.output.show(units_document([status], ended, heard=self.progress.heard), lines)
        if ended is None:
            return 4 if status.anchor.phase is Phase.BLOCKED else 0
        if ended.outcome in _REFUSED:
            return 4
        return 0 if ended.outcome.value in GOOD else 1

    async def drive(self, key: UnitKey, rests: Rests) -> None:
        """Drive a unit; a signal hands it over.

        Raises:
            Interrupted: a signal ended this run, not the rollout.
        """
        try:
            with self.progress.shown():
                await self.units.drive(key, rests)
        except asyncio.CancelledError:
            message = f"interrupted: {key.name} stays as it is until somebody drives it on"
            drive, abort = f"fairlead units {key.name}{self.where} --drive", f"fairlead abort {key.name}{self.where}"
            remedy = f"go on with `{drive}`, or give it up with `{abort}`"
            raise Interrupted(Problem("interrupted", f"{message}; {remedy}", remedy=remedy)) from None


@asynccontextmanager
async def unit_session(run: Run, where: UnitWhere, namespace: str | None = None) -> AsyncIterator[Session]:
    """Reach the units that a command is about; `namespace` is what a descriptor says."""
    progress = UnitProgress(run.surroundings.streams, color=run.output.color)
    if where.environment is None:
        access = where.declared.access
        settings = run.surroundings.settings
        async with units_in_context(
            settings, progress, kubeconfig=access.kubeconfig, context=access.context
        ) as reached:
            named = _agreed(where.namespace, namespace)
            chosen, options = named or reached.namespace, where.options(named)
            yield Session(reached.units, reached.cluster, chosen, run, progress, where=options)
        return
    async with run.application(where.declared) as application:
        (environment,) = choose_environments(application.declaration, Scope(where.environment))
        chosen = _agreed(where.namespace, namespace) or environment.namespace
        _agreed(chosen, environment.namespace)
        async with units_of(application, progress) as units:
            creates, options = environment.create_namespace, where.options(None)
            yield Session(units, environment.cluster, chosen, run, progress, creates, options)


def _agreed(one: str | None, other: str | None) -> str | None:
    if one is not None and other is not None and one != other:
        message = f"found namespaces {one} and {other}: only one can be meant"
        raise InputError(Problem("namespaceUnclear", message, remedy="name the same everywhere, or only once"))
    return one or other
