"""What a writer probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MANY = 12


def near(word: str, known: Iterable[str], *, otherwise: str) -> str:
    """Return a remedy that names the known words close to `word`; without any, `otherwise` and what is known."""
    names = sorted(set(known))
    lowered = {name.lower(): name for name in reversed(names)}
    close = [lowered[low] for low in get_close_matches(word.lower(), lowered, n=3, cutoff=0.6)]
    if close:
        return "did you mean " + " or ".join(f"`{name}`" for name in close) + "?"
    if not names:
        return otherwise
    return f"{otherwise}: {', '.join(names[:MANY])}" + (", ..." if len(names) > MANY else "")
