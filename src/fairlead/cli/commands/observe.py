"""`fairlead observe`: what one new image or chart means for the releases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.options import Common, Where
from fairlead.cli.run import Operation, Run
from fairlead.cli.upgrading import Acting, DetailedExitcode, Search, shown
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.moments import parse_moment
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.announcing import Announcement, announced_chart, announced_image
from fairlead.domain.upgrades.updates import Upgrades
from fairlead.pipeline.upgrades.upgrading import Upgrading


@dataclass(frozen=True, slots=True)
class Announced:
    """What was made."""

    image: Annotated[
        str | None, typer.Option("--image", metavar="IMAGE:TAG[@DIGEST]", help="The image that was made")
    ] = None
    chart: Annotated[
        str | None, typer.Option("--chart", metavar="REFERENCE:VERSION", help="The version of a chart that was made")
    ] = None
    time: Annotated[
        str | None,
        typer.Option("--time", metavar="TIME", help="When, in seconds since 1970 or RFC 3339 [default: now]"),
    ] = None


def observe(
    announced: Announced,
    where: Where,
    acting: Acting,
    common: Common,
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Ask the registry whether it is there, and newer than what runs")
    ] = False,
    detailed_exitcode: DetailedExitcode = False,
) -> Operation:
    """Weigh one new version."""
    made = _announcement(announced)
    return Operation(common, partial(_observe, where, made, acting, verify=verify, detailed_exitcode=detailed_exitcode))


async def _observe(
    where: Where, announced: Announcement, acting: Acting, run: Run, *, verify: bool, detailed_exitcode: bool
) -> int:
    async def find(upgrading: Upgrading, targets: Sequence[Target]) -> Upgrades:
        return await upgrading.observe(targets, announced, verify=verify)

    async with run.application(where.declared, offline=not verify and not acting.pr) as application:
        run.warn(application)
        found, done = await Search(where, find, settles=False).carried_out(application, acting)
    return shown(found, done, run, detailed_exitcode=detailed_exitcode)


def _announcement(announced: Announced) -> Announcement:
    moment = None if announced.time is None else parse_moment(announced.time)
    if announced.time is not None and moment is None:
        remedy = "write it as 1767225600 or 2026-01-01T00:00:00Z"
        raise InputError(Problem("invalidTime", f"found --time {announced.time!r}, expected a moment", remedy=remedy))
    if announced.image is not None and announced.chart is None:
        return announced_image(announced.image, moment)
    if announced.chart is not None and announced.image is None:
        return announced_chart(announced.chart, moment)
    message = "found neither --image nor --chart" if announced.image is None else "found --image and --chart"
    raise InputError(Problem("announcement", f"{message}, expected one of them", remedy="announce one thing at a time"))


app = build(observe)
