"""What people decide for the server, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fairlead.domain.authorising.auditing import STRANGER, AuditEntry
from fairlead.domain.authorising.tokens import Token, revoked
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.keeping.answers import Missing, Page
from fairlead.domain.keeping.limits import Limits


class MemoryTokens:
    def __init__(self, limits: Limits) -> None:
        self._most = limits.tokens
        self.kept: dict[str, Token] = {}

    async def add(self, token: Token) -> None:
        if len(self.kept) >= self._most:
            raise OperationFailed(Problem("storeFull", "there are too many tokens"))
        self.kept[token.identifier] = token

    async def read(self, identifier: str) -> Token | None:
        return self.kept.get(identifier)

    async def list(self) -> tuple[Token, ...]:
        return tuple(self.kept.values())

    async def revoke(self, identifier: str, at: datetime, by: str) -> Token | Missing:
        if identifier not in self.kept:
            return Missing()
        self.kept[identifier] = revoked(self.kept[identifier], at, by)
        return self.kept[identifier]

    async def used(self, identifier: str, at: datetime) -> None:
        token = self.kept.get(identifier)
        if token is not None and (token.used is None or token.used < at):
            self.kept[identifier] = replace(token, used=at)


class MemoryAudit:
    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self._number = 0

    async def append(self, entry: AuditEntry) -> AuditEntry:
        self._number += 1
        self.entries.append(replace(entry, detail=dict(entry.detail), number=self._number))
        return self.entries[-1]

    async def page(self, *, after: int | None = None, limit: int = 100) -> Page[AuditEntry]:
        newest = [entry for entry in reversed(self.entries) if after is None or entry.number < after]
        return Page(tuple(newest[:limit]), newest[limit - 1].number if len(newest) > limit else None)


class MemoryAdministration:
    """An `Administration` without a disk."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self.tokens = MemoryTokens(self._limits)
        self.audit = MemoryAudit()

    async def tidy(self, now: datetime) -> None:
        limits = self._limits
        dead = [one for one in self.tokens.kept.values() if (one.revoked or one.expires) < now - limits.token_age]
        for token in dead:
            del self.tokens.kept[token.identifier]
        young = [entry for entry in self.audit.entries if entry.at >= now - limits.audit_age]
        strangers = [entry.number for entry in young if entry.caller == STRANGER]
        gone = set(strangers[: max(0, len(strangers) - limits.audit_strangers)])
        young = [entry for entry in young if entry.number not in gone]
        self.audit.entries = young[-limits.audit_entries :]

    async def close(self) -> None:
        pass
