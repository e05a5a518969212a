"""From a command line to an exit code: find the command, import it, parse, carry out, report."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

import typer.main

from fairlead import __version__
from fairlead.cli.catalog import CATALOG, find, names
from fairlead.cli.entries.entry import Entry
from fairlead.cli.failures import Failures
from fairlead.cli.help import overview
from fairlead.cli.run import Operation, Surroundings, carry_out
from fairlead.cli.streams import Streams
from fairlead.domain.errors import InputError, Problem
from fairlead.settings import Settings

# Options that people also write before the command, and whether a value follows.
_LEADING = {
    "-f": True,
    "--environments-file": True,
    "--root": True,
    "--output": True,
    "--kubeconfig": True,
    "--context": True,
    "-v": False,
    "-vv": False,
    "--verbose": False,
    "--no-color": False,
}


def run_on_terminal(arguments: Sequence[str]) -> int:
    """Run a command line with the process's own streams, environment and directory."""
    return run(arguments, Surroundings(Settings.from_environment(), Streams.standard(), Path.cwd()))


def run(arguments: Sequence[str], surroundings: Surroundings) -> int:
    """Run a command line; whatever goes wrong is said in words, and the exit code says whose turn it is."""
    try:
        return _dispatch(list(arguments), surroundings)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last resort: a bug becomes a report
        failures = Failures(arguments, surroundings.settings, surroundings.streams, surroundings.redactor)
        return failures.report(error)


def _dispatch(arguments: list[str], surroundings: Surroundings) -> int:
    common, rest = _split(arguments)
    if rest[:1] == ["--version"]:
        surroundings.streams.write(f"fairlead {__version__}\n")
        return 0
    if not rest or rest[0] in ("--help", "-h", "help"):
        surroundings.streams.write(overview())
        return 0
    entry = find(rest[0])
    if entry is None:
        raise InputError(_unknown(rest[0]))
    outcome = _parse(entry, [*rest[1:], *common], surroundings)
    if isinstance(outcome, Operation):
        return carry_out(outcome, surroundings)
    return outcome if isinstance(outcome, int) else 0


def _parse(entry: Entry, arguments: Sequence[str], surroundings: Surroundings) -> Any:
    """Return the operation that a command line stands for, or the exit code when it is already done (`--help`)."""
    command = typer.main.get_command(import_module(entry.module).app)
    with redirect_stdout(surroundings.streams.stdout):
        return command.main(arguments, prog_name=f"fairlead {entry.name}", standalone_mode=False, obj=surroundings)


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the common options that stand before the command, and the rest."""
    index = 0
    while index < len(arguments):
        option, equals, _ = arguments[index].partition("=")
        if option not in _LEADING:
            break
        index += 2 if _LEADING[option] and not equals else 1
    return list(arguments[:index]), list(arguments[index:])


def _unknown(word: str) -> Problem:
    near = difflib.get_close_matches(word, names(), n=3)
    what = "option" if word.startswith("-") else "command"
    remedy = f"did you mean {' or '.join(near)}?" if near else "run `fairlead --help` for the list"
    return Problem("unknownCommand", f"there is no {what} {word!r}", remedy=remedy)


def commands() -> dict[str, Any]:
    """Return every command, parsed but not called: for the reference and for completion."""
    return {entry.name: typer.main.get_command(import_module(entry.module).app) for entry in CATALOG}
