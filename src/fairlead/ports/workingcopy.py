"""A working copy of our own of the repository that holds the declared state: nobody else edits or builds in it.

Guarantees: a shared branch is never forced, and a branch of ours only from the commit that it was seen at; what was
committed by somebody else is never lost. Errors: `OperationFailed` with code `gitFailed`, `pushRefused` (the server
says no for another reason than a lost race), `branchMissing`, `copyBusy` (another process uses it).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RemoteBranch:
    """A branch as the server has it: its last commit, the one before, and the files in which the two differ.

    `by` is the e-mail address of who committed last.
    """

    name: str
    commit: str
    parent: str | None
    files: frozenset[str]
    by: str


class WorkingCopy(Protocol):
    """One clone. Not for use by two tasks at once."""

    @property
    def root(self) -> Path:
        """Where the files are."""
        ...

    async def refresh(self, base: str | None) -> str:
        """Make the files those of the server's branch `base` (None: its default branch) and return that branch's name.

        Whatever an earlier, killed run left behind is gone then.
        """
        ...

    async def branches(self) -> tuple[RemoteBranch, ...]:
        """Return the server's branches that are ours, as of the last refresh."""
        ...

    async def show(self, branch: RemoteBranch) -> None:
        """Make the files those of a branch of ours; what comes next starts from the base again after `restore`."""
        ...

    async def restore(self) -> None:
        """Make the files those of the base again."""
        ...

    async def stands_on(self, commit: str) -> bool:
        """Tell whether a commit belongs to the base."""
        ...

    async def touched(self, since: str, files: Collection[str]) -> bool:
        """Tell whether one of these files, one at least, changed on the base after a commit that belongs to it."""
        ...

    async def commit(self, files: Collection[str], message: str) -> str:
        """Commit these changed files on top of the base and return the commit; other changes are dropped."""
        ...

    async def same(self, one: str, other: str, files: Collection[str]) -> bool:
        """Tell whether two commits have the same in these files, one at least."""
        ...

    async def push(self, commit: str, branch: str, expected: str | None) -> bool:
        """Make a branch of ours point to a commit; False when it is no longer at `expected` (None: absent)."""
        ...

    async def push_base(self, commit: str) -> bool:
        """Add a commit to the base branch; False when somebody else was faster."""
        ...

    async def delete(self, branch: RemoteBranch) -> bool:
        """Remove a branch of ours; False when it has moved."""
        ...

    async def close(self) -> None:
        """Let others use it."""
        ...
