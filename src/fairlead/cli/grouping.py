"""Commands that have commands, such as `fairlead sandbox up`: made from functions, explained like all others."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from fairlead.cli.catalog import find
from fairlead.cli.command import Command, build, examples
from fairlead.cli.run import Operation

_BRACES = str.maketrans("", "", "{}")  # Typer puts them round what must be there


def group(name: str, *functions: Callable[..., Operation]) -> typer.Typer:
    """Return the application of a command of the catalogue whose commands are these functions, in their order."""
    kind = type("Named", (_Group,), {"entry_name": name})
    app = typer.Typer(cls=kind, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    for function in functions:
        app.add_typer(_part(name, function))
    return app


class _Group(TyperGroup):
    """Commands of one name."""

    entry_name: ClassVar[str]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write what each does, and examples."""
        entry = find(self.entry_name)
        formatter.write(f"Usage: {ctx.command_path} COMMAND [options]\n\n")
        if entry is not None:
            formatter.write(f"{entry.summary}\n\nCommands:\n")
            for name, command in self.commands.items():
                formatter.write(f"  {name:<12}{command.get_short_help_str(limit=60)}\n")
            formatter.write(examples(entry.examples))


class _Part(Command):
    """One command of the group."""

    entry_name: ClassVar[str]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write usage, purpose, options, and those examples of the group that are its own."""
        arguments = [piece.translate(_BRACES) for parameter in self.params for piece in parameter.get_usage_pieces(ctx)]
        formatter.write(f"Usage: {' '.join([ctx.command_path, *arguments])} [options]\n\n{self.help}\n")
        self._write_options(ctx, formatter)
        if (entry := find(self.entry_name)) is not None:
            begins = f"fairlead {self.entry_name} {self.name}"
            formatter.write(examples(one for one in entry.examples if f"{one.command} ".startswith(f"{begins} ")))


def _part(name: str, function: Callable[..., Operation]) -> typer.Typer:
    made = build(function)
    [command] = made.registered_commands
    command.name = function.__name__.strip("_").replace("_", "-")
    command.cls = type("Named", (_Part,), {"entry_name": name})
    command.help = inspect.getdoc(function)
    return made
