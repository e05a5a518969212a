"""What a fault proxy sees and what it may do, as values. Nothing here receives or sends."""

from __future__ import annotations

from asyncio import Event
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from signal import Signals
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an API server. `number` counts writes from 1 on; it is 0 for what only reads.

    `body` is what it carries. Paths: Kubernetes API concepts
    (kubernetes.io/docs/reference/using-api/api-concepts). A dry run and a question about rights write nothing.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    number: int = 0
    body: bytes = field(default=b"", repr=False, compare=False)

    @classmethod
    def of(cls, method: str, target: str, body: bytes = b"") -> Self:
        """Read the first line of a request, and keep what it carries."""
        parts = urlsplit(target)
        return cls(method, unquote(parts.path), dict(parse_qsl(parts.query)), body=body)

    @property
    def is_write(self) -> bool:
        reviews = self.resource.endswith("reviews")
        return self.method in _WRITES and "dryRun" not in self.query and not reviews

    @property
    def is_watch(self) -> bool:
        return self.query.get("watch", "") in ("1", "true")

    @property
    def manager(self) -> str:
        return self.query.get("fieldManager", "")

    @property
    def namespace(self) -> str:
        parts = self._parts
        return parts[1] if parts[0] == "namespaces" and len(parts) > 2 else ""

    @property
    def resource(self) -> str:
        return self._named[0]

    @property
    def name(self) -> str:
        return self._named[1]

    @property
    def subresource(self) -> str:
        return "/".join(self._named[2:])

    @property
    def _parts(self) -> tuple[str, ...]:
        """The path below the group and version."""
        segments = self.path.strip("/").split("/")
        return tuple(segments[2:] if segments[0] == "api" else segments[3:]) or ("",)

    @property
    def _named(self) -> tuple[str, ...]:
        parts = self._parts[2:] if self.namespace else self._parts
        return (*parts, "")[:2] + parts[2:]

    def __str__(self) -> str:
        below = "/".join(part for part in self._named if part)
        return f"{self.method} {below} by {self.manager}" if self.manager else f"{self.method} {below}"


@dataclass(frozen=True, slots=True)
class Forward:
    """Pass the request on, after `delay` seconds."""

    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connection without an answer, with the request `committed` or never passed on.

    `signal` is sent to the client before it can notice.
    """

    committed: bool
    signal: Signals | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Send the client a signal and keep its request back until it is released; then pass it on, as late as that is."""

    signal: Signals
    released: Event


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer in the server's place, as Kubernetes would; `committed` passes the request on all the same.

    `retry_after` is in seconds, 0 says nothing.
    """

    status: int
    reason: str
    retry_after: int = 0
    committed: bool = False

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}

    @property
    def body(self) -> dict[str, Any]:
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "injected"}
        return {**status, "reason": self.reason, "code": self.status}


@dataclass(frozen=True, slots=True)
class Cut:
    """Pass the answer on and reset the connection after so many bytes of its body."""

    after_bytes: int


Action = Forward | HangUp | Hold | Answer | Cut
Rule = Callable[[Call], Action]
FORWARD = Forward()


def untouched(_call: Call) -> Action:
    """Let everything pass."""
    return FORWARD


def at_write(number: int, action: Action) -> Rule:
    """Do something to one write."""
    return lambda call: action if call.number == number else FORWARD


def where(fits: Callable[[Call], bool], action: Action, *, times: int | None = None) -> Rule:
    """Do something to all calls that fit, or to the first so many of them."""
    left = [times]

    def rule(call: Call) -> Action:
        if left[0] == 0 or not fits(call):
            return FORWARD
        left[0] = None if left[0] is None else left[0] - 1
        return action

    return rule


def sometimes(share: float, action: Action, *, seed: int) -> Rule:
    """Do something to a share of all calls, always the same ones for a seed."""
    random = Random(seed)
    return lambda _call: action if random.random() < share else FORWARD
