"""What is written down of every request that changes something, and of every refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fairlead.domain.moments import rfc3339


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, on what, from where, and what came of it.

    `caller` is a token's name and identifier, `action` a word of the policies, `result` `allowed` or a problem's code,
    `source` the address it came from. `detail` holds names and numbers, never what somebody sent. `number` orders the
    entries; the log gives it, 0 before.
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
