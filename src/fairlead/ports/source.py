"""The checkout that the declared files stand in."""

from __future__ import annotations

from typing import Protocol

from fairlead.domain.identity import Commit


class Source(Protocol):
    """A working tree, usually of Git."""

    async def commit(self, root: str) -> Commit:
        """Return the commit checked out at `root` and whether files differ from it."""
        ...

    async def is_ancestor(self, root: str, older: str, newer: str) -> bool:
        """Return whether a commit comes before another, or is the same; False when one of them is not known here."""
        ...
