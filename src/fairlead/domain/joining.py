"""Puts statements of several people and programs into one line: the one place that knows how they follow each other."""

from __future__ import annotations

from collections.abc import Iterable


def joined(said: Iterable[str]) -> str:
    """Return statements as one, in their order: what is empty is left out, and a full stop only ends the last."""
    parts = [part for one in said if (part := one.strip())]
    return "; ".join([*map(_unended, parts[:-1]), *parts[-1:]])


def _unended(text: str) -> str:
    """Return a statement without its full stop; what was cut off keeps its dots."""
    return text if text.endswith("..") else text.removesuffix(".")
