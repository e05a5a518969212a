"""Every command there is, in the order of the help. Read by dispatch, help, completion and docs."""

from __future__ import annotations

from fairlead.cli.entries.apps import APPS
from fairlead.cli.entries.entry import Entry
from fairlead.cli.entries.files import FILES
from fairlead.cli.entries.machine import MACHINE
from fairlead.cli.entries.releases import RELEASES
from fairlead.cli.entries.upgrades import UPGRADES

CATALOG = (*RELEASES, *APPS, *UPGRADES, *FILES, *MACHINE)


def find(name: str) -> Entry | None:
    """Return the command of that name or alias."""
    return next((entry for entry in CATALOG if name in (entry.name, entry.alias)), None)


def names() -> tuple[str, ...]:
    """Return all names and aliases of commands."""
    return tuple(name for entry in CATALOG for name in (entry.name, entry.alias) if name)
