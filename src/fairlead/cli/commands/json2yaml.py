"""`fairlead json2yaml`: JSON in, YAML out."""

from __future__ import annotations

from functools import partial

from fairlead.cli.command import build
from fairlead.cli.converting import Source, source_text
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.doors.yaml import json_to_yaml


def json2yaml(common: Common, *, source: Source = None) -> Operation:
    """Convert JSON to YAML."""
    return Operation(common, partial(_convert, source))


async def _convert(source: Source, run: Run) -> int:
    text, file = source_text(source, run)
    run.surroundings.streams.write(json_to_yaml(text, file))
    return 0


app = build(json2yaml)
