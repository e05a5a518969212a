"""`fairlead yaml2json`: YAML in, JSON out, read as Helm and kubectl read it."""

from __future__ import annotations

import json
from functools import partial

from fairlead.cli.command import build
from fairlead.cli.converting import Source, source_text
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.doors.yaml import read_manifests


def yaml2json(common: Common, *, source: Source = None) -> Operation:
    """Convert YAML to JSON."""
    return Operation(common, partial(_convert, source))


async def _convert(source: Source, run: Run) -> int:
    text, file = source_text(source, run)
    values = [value for value, _ in read_manifests(text.encode(), file)]
    run.surroundings.streams.write("".join(json.dumps(one, indent=2, ensure_ascii=False) + "\n" for one in values))
    return 0


app = build(yaml2json)
