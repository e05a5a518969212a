"""`fairlead fmt`: hand-written files in one layout."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from fairlead.cli.command import build
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.wire.documents import Files, FormattedFile
from fairlead.domain.errors import InputError
from fairlead.pipeline.formatting import format_file

NOT_FORMATTED = 1


def fmt(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="YAML files that people wrote")],
    common: Common,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 when a file is in another form")
    ] = False,
) -> Operation:
    """Bring YAML files into normal form."""
    return Operation(common, partial(_format, files, check=check))


async def _format(files: list[Path], run: Run, *, check: bool) -> int:
    found, problems = [], []
    for name in files:
        try:
            found.append((str(name), format_file(run.surroundings.directory / name)))
        except InputError as error:
            problems += [problem.at(file=str(name)) for problem in error.problems]
    if problems:
        raise InputError(problems)  # and nothing is written, so that a second call finds all files as they were
    if not check:
        for _, one in found:
            one.write()
    document = Files(files=[FormattedFile(file=name, changed=one.changed) for name, one in found])
    run.output.show(document, partial(_lines, check=check))
    return NOT_FORMATTED if check and any(one.changed for _, one in found) else 0


def _lines(document: Files, _width: int | None, *, check: bool) -> list[Text]:
    changed = [one.file for one in document.files if isinstance(one, FormattedFile) and one.changed]
    words = "would change" if check else "changed"
    lines = [Text(f"{words}  {name}") for name in changed]
    same = len(document.files) - len(changed)
    return [*lines, Text(f"{len(changed)} {words}, {same} in normal form", "dim")]


app = build(fmt)
