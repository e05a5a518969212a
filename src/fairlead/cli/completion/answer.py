"""Answers the Tab key: from a table of commands made at release time, and from the declared files.

The shell calls `fairlead __complete WORD...` with the words so far, the last one being completed. The answer is one
candidate per line, or `__files__` when the shell should offer file names.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from fairlead.settings import Settings

FILES = "__files__"
_FILE_OPTIONS = ("-f", "--environments-file")
_ENVIRONMENT_OPTIONS = ("-e", "--environment")


def answer(words: Sequence[str]) -> int:
    """Print the candidates for the last word; always succeeds, for a Tab key that shouts is worse than a silent one."""
    try:
        found = complete(words, Settings.from_environment(), Path.cwd())
    except Exception:  # noqa: BLE001 - nobody can read an error here
        return 0
    sys.stdout.write("".join(f"{candidate}\n" for candidate in found))
    return 0


def complete(words: Sequence[str], settings: Settings, directory: Path) -> list[str]:
    """Return the candidates for the last of `words`."""
    table: dict[str, Any] = json.loads((files(__package__) / "commands.json").read_text())
    *before, word = words or [""]
    if not before:
        return _matching([*table["commands"], *table["aliases"], "--help", "--version"], word)
    name = table["aliases"].get(before[0], before[0])
    line = Line(table["commands"].get(name, {}), settings, directory)
    return line.complete(before[1:], word)


@dataclass(slots=True)
class Line:
    """A command line, read as far as it has been typed."""

    command: dict[str, Any]
    settings: Settings
    directory: Path
    given: list[str] = field(default_factory=list)
    file: str | None = None
    environment: str | None = None

    def complete(self, before: Sequence[str], word: str) -> list[str]:
        """Return the candidates for `word` after the words `before`."""
        waiting = self._read(before)
        if waiting is not None:
            return self._values(waiting, word)
        if word.startswith("-"):
            return _matching(self._options(), word)
        if self.command.get("commands") and not self.given:
            return _matching(self.command["commands"], word)
        return self._values(self._argument(), word)

    def _read(self, before: Sequence[str]) -> Any:
        """Take in the words before; return what the last one still waits for, None when it is complete."""
        waiting: Any = None
        for index, word in enumerate(before):
            if waiting is not None:
                option = before[index - 1]
                self.file = word if option in _FILE_OPTIONS else self.file
                self.environment = word if option in _ENVIRONMENT_OPTIONS else self.environment
                waiting = None
            elif word.startswith("-"):
                waiting = self._options().get(word)
            else:
                self._enter(word)
        return waiting

    def _enter(self, word: str) -> None:
        below = self.command.get("commands", {}).get(word)
        if below is not None and not self.given:
            self.command = below
        else:
            self.given.append(word)

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = self.command.get("options", {})
        return options

    def _argument(self) -> Any:
        arguments = self.command.get("arguments", [])
        if len(self.given) < len(arguments):
            return arguments[len(self.given)]
        return arguments[-1] if arguments and self.command.get("repeats") else []

    def _values(self, kind: Any, word: str) -> list[str]:
        """Return candidates of a kind: a list of words as it is, or names out of the declared files."""
        match kind:
            case list():
                found = kind
            case "ENV":
                found = self._names().environments()
            case "CLUSTER":
                found = self._names().clusters()
            case "APP":
                found = self._names().apps(self.environment)
            case "RELEASE":
                # `-r a,b`: the part behind the last comma is being typed.
                done, comma, part = word.rpartition(",")
                environment = self.environment or (self.given[0] if self.given else None)
                return [done + comma + name for name in _matching(self._names().releases(environment), part)]
            case "FILE" | "DIR":
                return [FILES]
            case _:
                found = []
        return _matching(found, word)

    def _names(self) -> Any:
        from fairlead.cli.completion.names import Names  # noqa: PLC0415 - reading YAML costs more than options need

        return Names(self.directory / (self.file or self.settings.environments_file))


def _matching(candidates: Iterable[str], word: str) -> list[str]:
    return [candidate for candidate in candidates if candidate.startswith(word)]
