"""Which updates travel together: one branch, one commit, one pull request for each group.

A release is a group of its own unless its trigger names one. The branch is named after the group alone, so that every
run finds what an earlier one made.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fairlead.domain.upgrades.updates import Update

PREFIX = "fairlead/"
_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_MAX = 100  # characters of a group in the name of a branch


@dataclass(frozen=True, slots=True)
class Group:
    """Updates that are proposed together."""

    name: str
    updates: tuple[Update, ...]

    @property
    def branch(self) -> str:
        """The name of its branch."""
        return branch_of(self.name)


def branch_of(group: str) -> str:
    """Return the branch of a group: its name where Git takes it as it is, else with what tells it from others."""
    plain = _PLAIN.fullmatch(group) and ".." not in group and not group.endswith(".lock") and len(group) <= _MAX
    if plain:
        return f"{PREFIX}{group}"
    readable = re.sub(r"[^a-z0-9]+", "-", group.lower()).strip("-")[:_MAX]
    return f"{PREFIX}{readable}-{hashlib.sha256(group.encode()).hexdigest()[:8]}".replace("/-", "/")


def grouped(updates: Iterable[Update], names: Mapping[Update, str]) -> tuple[Group, ...]:
    """Return the groups in order of their names. `names` gives the group of each update."""
    found: dict[str, list[Update]] = {}
    for update in updates:
        found.setdefault(names[update], []).append(update)
    return tuple(Group(name, tuple(found[name])) for name in sorted(found))
