"""`fairlead poll`: asks registries and chart repositories for newer versions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.options import Common, Where
from fairlead.cli.run import Operation, Run
from fairlead.cli.upgrading import Acting, DetailedExitcode, Search, shown
from fairlead.domain.images import ImageName, parse_image
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.updates import Upgrades
from fairlead.pipeline.upgrades.upgrading import Upgrading

FAILED = 1


def poll(
    where: Where,
    acting: Acting,
    common: Common,
    *,
    image: Annotated[
        str | None, typer.Option("--image", metavar="IMAGE", help="Only releases that run this image")
    ] = None,
    detailed_exitcode: DetailedExitcode = False,
) -> Operation:
    """Look for newer versions."""
    name = None if image is None else parse_image(image).name
    return Operation(common, partial(_poll, where, name, acting, detailed_exitcode=detailed_exitcode))


async def _poll(where: Where, image: ImageName | None, acting: Acting, run: Run, *, detailed_exitcode: bool) -> int:
    async def find(upgrading: Upgrading, targets: Sequence[Target]) -> Upgrades:
        return await upgrading.poll(targets, image=image)

    async with run.application(where.declared) as application:
        run.warn(application)
        found, done = await Search(where, find, settles=image is None).carried_out(application, acting)
    code = shown(found, done, run, detailed_exitcode=detailed_exitcode)
    return FAILED if found.is_failure else code


app = build(poll)
