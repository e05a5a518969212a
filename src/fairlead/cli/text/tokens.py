"""Tokens in words."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from fairlead.cli.text.layout import columns
from fairlead.cli.wire.tokens import NewToken, TokenItem, Tokens

_COLORS = {"valid": "green", "expired": "yellow", "revoked": "red"}


def token_lines(document: Tokens, width: int | None) -> Iterator[Text]:
    """Return one line for each token."""
    if not document.tokens:
        yield Text("There are no tokens.")
        return
    head = ("ID", "NAME", "ROLE", "STATE", "EXPIRES", "LAST USED", "SCOPE")
    yield from columns([head, *map(_row, document.tokens)], width=width)


def secret_lines(document: NewToken, _width: int | None) -> Iterator[Text]:
    """Return the text of a new token alone, so that a shell can take it."""
    yield Text(document.secret)


def _row(token: TokenItem) -> tuple[str, str, str, Text, str, str, str]:
    state = Text(token.state, _COLORS[token.state])
    return token.id, token.name, token.role, state, token.expires_at, token.last_used_at or "never", _scope(token)


def _scope(token: TokenItem) -> str:
    scope = token.scope
    parts = {"cluster": scope.clusters, "namespace": scope.namespaces, "app": scope.apps}
    said = [f"{part} {', '.join(names)}" for part, names in parts.items() if names is not None]
    return "; ".join(said) or "everything"
