"""`fairlead deploy`: a new version of an app, beside the one that is live, and then in its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fairlead.bootstrap.units import variables_in
from fairlead.cli.command import build
from fairlead.cli.descriptor_files import read_file
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.text.problems import problem_lines
from fairlead.cli.units import Session, UnitWhere, unit_session
from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.config import App
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.rollout.intents import OnBusy
from fairlead.pipeline.units.service import Order, new_id
from fairlead.pipeline.units.variables import inputs_of

DescriptorFile = Annotated[Path | None, typer.Argument(metavar="FILE", help="A descriptor, in JSON or YAML")]


@dataclass(frozen=True, slots=True)
class UnitDeployOptions:
    """How to go about a unit that is busy or held."""

    on_busy: Annotated[
        OnBusy,
        typer.Option(
            "--on-busy",
            metavar="supersede|queue|reject",
            show_default=False,
            help="What to do while another deployment is under way: take its place [default], wait, or give up",
        ),
    ] = OnBusy.SUPERSEDE
    release: Annotated[
        str | None, typer.Option("-r", "--release", metavar="NAME", help="Instead of a file: this release of -e ENV")
    ] = None
    release_hold: Annotated[
        bool, typer.Option("--release-hold", help="Also deploy what failed or was given up before")
    ] = False


def deploy(options: UnitDeployOptions, where: UnitWhere, common: Common, *, file: DescriptorFile = None) -> Operation:
    """Deploy an app blue-green, from its descriptor."""
    return Operation(common, partial(_deploy, file, options, where))


async def _deploy(file: Path | None, options: UnitDeployOptions, where: UnitWhere, run: Run) -> int:
    if (file is None) == (options.release is None):
        message = "found neither FILE nor --release" if file is None else "found both FILE and --release"
        raise InputError(Problem("conflictingOptions", message, remedy="give exactly one of them"))
    if file is None:
        descriptor = await _declared(options.release or "", where, run)
        async with unit_session(run, where, descriptor.namespace) as session:
            return await _see_through(descriptor, options, session)
    written = read_file(run.surroundings.directory, file)
    descriptor = written.descriptor()
    if descriptor.warnings:
        run.output.note(problem_lines(descriptor.warnings, width=None))
    async with unit_session(run, where, written.namespace) as session:
        return await _see_through(replace(descriptor, namespace=session.namespace), options, session)


async def _declared(name: str, where: UnitWhere, run: Run) -> Descriptor:
    """Return the descriptor of a release in the declared files."""
    if where.environment is None:
        message = "found --release without -e: a release belongs to an environment"
        raise InputError(Problem("conflictingOptions", message, remedy="name the environment with -e ENV"))
    async with run.application(where.declared, offline=True) as application:
        run.warn(application)
        from fairlead.cli.selecting import named_release  # noqa: PLC0415 - a file needs nothing that is declared

        source = named_release(application, where.environment, name).release.source
    if isinstance(source, App):
        return source.descriptor
    message = f"the release {name} of {where.environment} is no app"
    raise InputError(Problem("notAnApp", message, remedy=f"use `fairlead apply {where.environment} -r {name}`"))


async def _see_through(descriptor: Descriptor, options: UnitDeployOptions, session: Session) -> int:
    """Ask for a version of an app, and drive its unit until that has ended."""
    cluster = (await session.units.places(session.cluster)).cluster
    inputs = await inputs_of(cluster, variables_in(cluster), descriptor)
    by, key = session.units.engine.whoami.me().who, session.key(descriptor.app)
    order = Order(
        id=new_id(),
        deployment=new_id(),
        by=by,
        descriptor=descriptor,
        inputs=inputs,
        on_busy=options.on_busy,
        release_hold=options.release_hold,
        create_namespace=session.creates_namespace,
    )
    accepted = await session.units.deploy(key, order, session.check(key.name))
    return await session.follow(key, accepted.intent, accepted.version)


app = build(deploy)
