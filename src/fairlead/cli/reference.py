"""What is generated from the commands: the reference page and the table behind the Tab key.

`python -m fairlead.cli.reference ROOT` writes both into a checkout; a test keeps them up to date.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import typer

from fairlead.cli.catalog import CATALOG
from fairlead.cli.entries.entry import SECTIONS, Entry
from fairlead.cli.help import overview
from fairlead.cli.main import commands

PAGE = "docs/reference/cli.md"
TABLE = "src/fairlead/cli/completion/commands.json"
_NAMED = ("ENV", "RELEASE", "APP", "CLUSTER", "FILE", "DIR")


def generated() -> dict[str, str]:
    """Return the generated files by their path in the checkout."""
    known = commands()
    return {PAGE: page(known), TABLE: json.dumps(table(known), indent=1) + "\n"}


def page(known: Mapping[str, Any]) -> str:
    """Return the reference of all commands in Markdown."""
    parts = ["# The command line\n", "Generated from the commands themselves; do not edit.\n", _block(overview())]
    for section in SECTIONS:
        parts.append(f"## {section}\n")
        for entry in CATALOG:
            if entry.section == section:
                parts += [f"### fairlead {entry.name}\n", *_helps(entry, known[entry.name])]
    return "\n".join(parts)


def table(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what completion needs to know of every command."""
    aliases = {entry.alias: entry.name for entry in CATALOG if entry.alias}
    return {"commands": {name: _completable(command) for name, command in known.items()}, "aliases": aliases}


def _helps(entry: Entry, command: Any) -> list[str]:
    path = f"fairlead {entry.name}"
    return [_block(_help(command, path))] + [
        _block(_help(below, f"{path} {name}")) for name, below in getattr(command, "commands", {}).items()
    ]


def _help(command: Any, path: str) -> str:
    context = typer.Context(command, info_name=path, terminal_width=80, max_content_width=80)
    return str(command.get_help(context))


def _block(text: str) -> str:
    return f"```text\n{text.strip()}\n```\n"


def _completable(command: Any) -> dict[str, Any]:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = {
        name: _kind(parameter)
        for parameter in command.params
        if parameter.param_type_name == "option" and not parameter.hidden
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    below = {name: _completable(each) for name, each in getattr(command, "commands", {}).items()}
    return {
        "options": {**options, "--help": None},
        "arguments": [_kind(argument) for argument in arguments],
        "repeats": any(argument.nargs == -1 for argument in arguments),
        "commands": below,
    }


def _kind(parameter: Any) -> Any:
    """Return the words a parameter takes, or the name of what it takes; None for a flag."""
    if getattr(parameter, "is_flag", False) or getattr(parameter, "count", False):
        return None
    choices = _choices(parameter.type_descriptor.annotation)
    if choices:
        return choices
    metavar = (parameter.metavar or "").strip("[].")
    return metavar if metavar in _NAMED else ""


def _choices(annotation: Any) -> list[str]:
    kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type) and issubclass(kind, Enum)]
    return [str(member.value) for kind in kinds for member in kind]


def main() -> None:
    """Write the generated files into the checkout named on the command line."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    for name, text in generated().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


if __name__ == "__main__":
    main()
