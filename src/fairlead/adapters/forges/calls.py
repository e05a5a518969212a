"""What all forges have in common: calls with JSON in and out, and the few things that a forge says differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.ports.forge import PullRequest, Wanted


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is below the forge's API address, complete with its query, percent-encoded."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list, and the path of the next part."""

    items: tuple[PullRequest, ...]
    following: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: what came, and the headers, with names in lower case."""

    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """How one kind of forge is spoken to. Nothing here waits."""

    def listing(self) -> Call:
        """Ask for the open pull requests."""
        ...

    def page(self, told: Told, path: str) -> Page:
        """Read a part of the list that came from `path`; requests from other repositories are left out."""
        ...

    def declined(self, branch: str) -> Call:
        """Ask for the pull requests of a branch that were closed without being merged."""
        ...

    def declined_requests(self, told: Told) -> list[PullRequest]:
        """Read them; those from other repositories are left out."""
        ...

    def create(self, wanted: Wanted) -> Call:
        """Open one."""
        ...

    def update(self, request: PullRequest, wanted: Wanted) -> Call:
        """Change title and text."""
        ...

    def comment(self, request: PullRequest, text: str) -> Call:
        """Say something below it."""
        ...

    def closing(self, request: PullRequest) -> Call:
        """Close it without merging."""
        ...

    def merging(self, request: PullRequest) -> Call | None:
        """Have it merged when the checks passed; None where the forge cannot."""
        ...

    def request(self, item: Any) -> PullRequest:
        """Read one."""
        ...


def text(item: Any, *keys: str) -> str:
    """Return a text of an answer, empty where it is null.

    Raises:
        OperationFailed: it is not there, or no text (`forgeAnswer`).
    """
    found = _below(item, keys)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise _unexpected(keys)
    return found


def number(item: Any, *keys: str) -> int:
    """Return a number of an answer.

    Raises:
        OperationFailed: it is not there, or no number (`forgeAnswer`).
    """
    found = _below(item, keys)
    if isinstance(found, bool) or not isinstance(found, int):
        raise _unexpected(keys)
    return found


def items(item: Any, *keys: str) -> list[Any]:
    """Return a list of an answer.

    Raises:
        OperationFailed: it is not there, or no list (`forgeAnswer`).
    """
    found = _below(item, keys)
    if not isinstance(found, list):
        raise _unexpected(keys)
    return found


def _below(item: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        if not isinstance(item, dict):
            raise _unexpected(keys)
        item = item.get(key)
    return item


def _unexpected(keys: tuple[str, ...]) -> OperationFailed:
    where = ".".join(keys) or "the answer"
    message = f"the forge's answer is not understood: {where} has another form"
    return OperationFailed(
        Problem("forgeAnswer", message, remedy="check the kind of the forge and the address of its API")
    )
