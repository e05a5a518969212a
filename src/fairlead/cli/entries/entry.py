"""What one row of the catalog says: where a command lives, what it is for, how it is used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One way to call a command, and what that does."""

    command: str
    does: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One command. `module` is imported when the command is called, not before."""

    name: str
    section: str
    summary: str
    examples: tuple[Example, ...]
    alias: str | None = None
    module_name: str | None = None

    @property
    def module(self) -> str:
        """The module that holds the command's `app`."""
        return self.module_name or f"fairlead.cli.commands.{self.name}"


DEPLOY, UPGRADE, INSPECT, AUTHOR, SET_UP = "Deploy", "Upgrade", "Inspect", "Author", "Set up"
SECTIONS = (DEPLOY, UPGRADE, INSPECT, AUTHOR, SET_UP)
