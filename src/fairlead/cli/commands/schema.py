"""`fairlead schema`: the JSON schemas of what people write and of what we print."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, Any

import msgspec
import typer

from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.wire.kinds import output_schema
from fairlead.domain.schemas.jsonschema import app_schema, environments_schema, releases_schema, webhooks_schema


class Subject(StrEnum):
    """What a schema describes."""

    ENVIRONMENTS = "environments"
    RELEASES = "releases"
    WEBHOOKS = "webhooks"
    APP = "app"
    OUTPUT = "output"


def schema(
    subject: Annotated[
        Subject, typer.Argument(metavar="WHAT", help="environments, releases, webhooks, app (files), output (ours)")
    ],
    common: Common,
) -> Operation:
    """Print a JSON schema."""
    return Operation(common, partial(_print, subject))


async def _print(subject: Subject, run: Run) -> int:
    text = msgspec.json.format(msgspec.json.encode(_schema(subject)), indent=2).decode()
    run.surroundings.streams.write(text + "\n")
    return 0


def _schema(subject: Subject) -> dict[str, Any]:
    match subject:
        case Subject.ENVIRONMENTS:
            return environments_schema()
        case Subject.RELEASES:
            return releases_schema()
        case Subject.WEBHOOKS:
            return webhooks_schema()
        case Subject.APP:
            return app_schema()
        case Subject.OUTPUT:
            return output_schema()


app = build(schema)
