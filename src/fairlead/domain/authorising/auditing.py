"""What is written down of every request that changes something, and of every refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from fairlead.domain.authorising.callers import Caller
from fairlead.domain.moments import rfc3339
from fairlead.domain.scopes import Scope
from fairlead.domain.units import UnitKey

ALLOWED: Final = "allowed"
STRANGER: Final = "unknown"
"""The caller of a request whose sender nobody knows."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, on what, from where, and what came of it.

    `caller` is a token's name and identifier, `action` a word of the policies, `result` `allowed` or a problem's code,
    `source` the address it came from. `detail` holds names and numbers, and of what somebody sent only
    the reason that they gave. `number` orders the entries; the log gives it, 0 before.
    """

    at: datetime
    caller: str
    action: str
    resource: str
    result: str
    source: str
    detail: Mapping[str, str] = field(default_factory=dict)
    number: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "number": self.number,
            "at": rfc3339(self.at),
            "caller": self.caller,
            "action": self.action,
            "resource": self.resource,
            "result": self.result,
            "source": self.source,
            "detail": dict(self.detail),
        }


def caller_text(caller: Caller | None) -> str:
    """Return how the log names a caller: names of tokens may repeat, identifiers do not."""
    if caller is None:
        return STRANGER
    return caller.name if caller.token is None else f"{caller.name} ({caller.token})"


def resource_text(resource: UnitKey | Scope | None) -> str:
    """Return how the log names what an action concerned."""
    match resource:
        case UnitKey():
            return str(resource)
        case Scope(clusters=clusters, namespaces=namespaces, apps=apps):
            parts = (clusters, namespaces, apps)
            return "/".join("*" if names is None else ",".join(sorted(names)) for names in parts)
        case None:
            return ""
