"""`fairlead new`: a starter repository."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.wire.documents import Files
from fairlead.pipeline.new import write_starter


def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A directory that is new or empty")], common: Common
) -> Operation:
    """Write a commented starter repository."""
    return Operation(common, partial(_new, directory))


async def _new(directory: Path, run: Run) -> int:
    target = run.surroundings.directory / directory
    written = write_starter(target)
    run.output.show(Files(files=list(written)), lambda document, _width: _lines(document, directory))
    return 0


def _lines(document: Files, directory: Path) -> list[Text]:
    files = [Text(f"  {name}") for name in document.files]
    up = "fairlead sandbox up --kubeconfig-out sandbox.kubeconfig"  # where the starter's cluster is declared to be
    hints = [Text(f"  {step}") for step in (f"cd {directory}", "fairlead lint", up, "fairlead plan test")]
    return [Text(f"Wrote to {directory}:"), *files, Text(), Text("Next:"), *hints]


app = build(new)
