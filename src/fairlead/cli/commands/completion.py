"""`fairlead completion`: the script that makes a shell complete our commands and names."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.completion.scripts import SCRIPTS
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run


class Shell(StrEnum):
    """The shells that we can teach."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish")], common: Common
) -> Operation:
    """Print a completion script."""
    return Operation(common, partial(_print, shell))


async def _print(shell: Shell, run: Run) -> int:
    run.surroundings.streams.write(SCRIPTS[shell.value])
    return 0


app = build(completion)
