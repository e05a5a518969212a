"""Where pull requests live.

Errors: `RemoteRefused` (the token's rights, rules of the repository), `Transient` (limits, outages), `OperationFailed`
with code `forgeAnswer` for an answer that cannot be understood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PullRequest:
    """An open pull request. `branch` is the one it wants to bring in; `handle` is another id of it."""

    number: int
    url: str
    branch: str
    title: str
    body: str
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a pull request shall say."""

    branch: str
    base: str
    title: str
    body: str


class Forge(Protocol):
    """The pull requests of one repository."""

    async def open_requests(self, prefix: str) -> tuple[PullRequest, ...]:
        """Return the open pull requests from branches of this repository that start with `prefix`, all pages."""
        ...

    async def declined(self, branch: str) -> tuple[PullRequest, ...]:
        """Return the last pull requests from a branch of this repository that were closed without being merged."""
        ...

    async def create(self, wanted: Wanted) -> PullRequest:
        """Open a pull request."""
        ...

    async def update(self, request: PullRequest, wanted: Wanted) -> PullRequest:
        """Give an open pull request another title and text."""
        ...

    async def close_request(self, request: PullRequest, comment: str) -> None:
        """Say why, then close it without merging."""
        ...

    async def merge_when_checked(self, request: PullRequest) -> None:
        """Have it merged by the forge as soon as the checks passed; asking again is nothing new.

        Errors: `InputError` (`autoMergeUnsupported`) where the forge cannot.
        """
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
