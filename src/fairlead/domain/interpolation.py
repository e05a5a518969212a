"""Environment variables in texts: `$VAR`, `${VAR}`, `${VAR:-default}`; `$$` is a dollar sign."""

from __future__ import annotations

import re
from collections.abc import Mapping

_EXPRESSION = re.compile(r"\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}$]*))?\}|)")


class BadInterpolation(ValueError):
    """An expression is malformed or names an unset variable; the message tells which."""


def interpolate(text: str, environ: Mapping[str, str]) -> str:
    """Return the text with variables replaced. A default counts for unset and for empty variables, as in a shell.

    Raises:
        BadInterpolation: a malformed expression, or an unset variable without a default.
    """

    def replaced(found: re.Match[str]) -> str:
        dollar, bare, braced, default = found.groups()
        if dollar:
            return "$"
        name = bare or braced
        if name is None:
            raise BadInterpolation(f"found a malformed expression at {text[found.start() :][:20]!r}")
        value = environ.get(name)
        if default is not None:
            return value or default
        if value is None:
            raise BadInterpolation(f"the environment variable {name} is not set")
        return value

    return _EXPRESSION.sub(replaced, text)
