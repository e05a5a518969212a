"""What `tokens` prints."""

from __future__ import annotations

from typing import Any

from fairlead.cli.wire.documents import Document, Item


class TokenScope(Item, frozen=True, kw_only=True):
    """What a token may touch: exact names; null admits every one."""

    clusters: list[str] | None
    namespaces: list[str] | None
    apps: list[str] | None


class TokenItem(Item, frozen=True, kw_only=True):
    """A token, without what opens anything. `state` is valid, expired or revoked; `lastUsedAt` is exact to a minute."""

    id: str
    name: str
    role: str
    scope: TokenScope
    account: dict[str, Any] | None
    state: str
    created_at: str
    created_by: str
    expires_at: str
    revoked_at: str | None
    revoked_by: str | None
    last_used_at: str | None


class Tokens(Document, frozen=True, kw_only=True, tag="Tokens"):
    """Tokens that exist, or that were revoked."""

    tokens: list[TokenItem]


class NewToken(Document, frozen=True, kw_only=True, tag="NewToken"):
    """A token that was made. `secret` is its whole text, which nobody can show again."""

    token: TokenItem
    secret: str
