"""What a store may answer besides what was asked for. Values, not errors: whoever asks decides what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Missing:
    """There is none of that identifier."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody changed it since it was read; `revision` is the present one."""

    revision: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """This was asked for before, and is kept under this identifier."""

    identifier: str


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The idempotency key was used before for something else."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list. `after` continues it; None at its end."""

    items: tuple[T, ...]
    after: int | None


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What a request was answered, to be given again: its status, the headers that are part of it, its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Once:
    """A wish to be done once only, however often it is sent: who sent it, their key, and the digest of what they sent.

    One key of one caller stands for one request, whatever it was sent to.
    """

    caller: str
    key: str
    digest: str
