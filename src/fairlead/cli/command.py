"""How a command is made from a function: options in groups, help in one style."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, cast, get_type_hints

import typer
from typer.core import TyperCommand

from fairlead.cli.catalog import find
from fairlead.cli.entries.entry import Example

WIDTH = 80  # columns of help on anything wider
_OPTION = 26  # columns of an option and its value
_BRACES = str.maketrans("", "", "{}")  # Typer puts them round what must be there
_ORDER = ("Options", "Selection", "Cluster access", "General")


def build(function: Callable[..., Any]) -> typer.Typer:
    """Return the Typer application for one command; its name in the catalogue is the function's.

    Parameters whose type is a dataclass stand for all fields of it, so that groups of options travel as one value.
    """
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    name = function.__name__.strip("_")
    app.command(name, cls=Command, context_settings={"help_option_names": ["-h", "--help"]})(_flat(function))
    return app


def _flat(function: Callable[..., Any]) -> Callable[..., Any]:
    parameters = list(_parameters(function))

    def call(**flat: Any) -> Any:
        return _gathered(function, flat)

    call.__name__ = function.__name__
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # the documented way to state one
    return call


def _gathered(target: Callable[..., Any], flat: Mapping[str, Any]) -> Any:
    """Call a function or make a group from flat arguments, its groups first."""
    hints = get_type_hints(target, include_extras=True)
    names = inspect.signature(target).parameters
    return target(**{name: _gathered(hints[name], flat) if is_dataclass(hints[name]) else flat[name] for name in names})


def _parameters(target: Callable[..., Any]) -> Iterator[inspect.Parameter]:
    """Return the parameters of a function or group, with those of its groups in their place."""
    hints = get_type_hints(target, include_extras=True)
    for name, parameter in inspect.signature(target).parameters.items():
        if is_dataclass(hints[name]):
            yield from _parameters(cast("type", hints[name]))  # a hint that is a dataclass
        else:
            keyword = inspect.Parameter.KEYWORD_ONLY
            yield inspect.Parameter(name, keyword, annotation=hints[name], default=parameter.default)


class Command(TyperCommand):
    """A command whose help is plain text: usage, purpose, options by group, examples."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the whole help."""
        entry = find(self.name or "")
        formatter.width = min(WIDTH, formatter.width)
        arguments = [piece.translate(_BRACES) for parameter in self.params for piece in parameter.get_usage_pieces(ctx)]
        formatter.write(f"Usage: {' '.join([ctx.command_path, *arguments])} [options]\n")
        if entry is None:
            return
        formatter.write(f"\n{entry.summary}\n")
        if entry.alias:
            formatter.write(f"Also: fairlead {entry.alias}\n")
        self._write_options(ctx, formatter)
        formatter.write(examples(entry.examples))

    def _write_options(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.params:
            record = parameter.get_help_record(ctx)
            if record:
                panel = getattr(parameter, "rich_help_panel", None) or "Options"
                # An argument is known by its name; what Typer adds about its type says nothing new.
                name = (parameter.metavar or "") if parameter.param_type_name == "argument" else record[0]
                panels.setdefault(panel, []).append((name, record[1]))
        for panel in sorted(panels, key=_ORDER.index):
            formatter.write(f"\n{panel}:\n" + "".join(_described(*record) for record in panels[panel]))


def _described(option: str, purpose: str) -> str:
    """Return one option with its purpose beside it, below it when the option is long."""
    margin = " " * (_OPTION + 4)
    lines = textwrap.wrap(purpose, WIDTH - len(margin), break_on_hyphens=False) or [""]
    if len(option) > _OPTION:
        lines.insert(0, "")
    return f"  {option:<{_OPTION}}  {lines[0]}".rstrip() + "\n" + "".join(f"{margin}{line}\n" for line in lines[1:])


def examples(found: Iterable[Example]) -> str:
    """Return the examples of a command as a block of text."""
    lines = ["", "Examples:"]
    for example in found:
        lines += [f"  {example.command}", f"      {example.does}"]
    return "\n".join(lines) + "\n"
