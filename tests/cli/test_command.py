"""How commands are made from functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
import typer.main

from fairlead.cli.command import build


@dataclass(frozen=True)
class Inner:
    size: Annotated[int, typer.Option("--size")] = 1


@dataclass(frozen=True)
class Outer:
    inner: Inner
    name: Annotated[str, typer.Argument()] = "nobody"


def plan(outer: Outer, *, loud: Annotated[bool, typer.Option("--loud")] = False) -> tuple[Outer, bool]:
    return outer, loud


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], (Outer(Inner(1), "nobody"), False)),
        (["web", "--size", "3", "--loud"], (Outer(Inner(3), "web"), True)),
    ],
)
def test_groups_of_options_arrive_as_values(arguments: list[str], expected: tuple[Outer, bool]) -> None:
    command = typer.main.get_command(build(plan))
    assert command.main(arguments, prog_name="fairlead plan", standalone_mode=False) == expected
