"""What a registry wants before it answers, read from `WWW-Authenticate` (RFC 9110, 11.6.1), and whom it may send us to.

Credentials go to the registry itself, and to the token service that it names only when that is plainly the same
owner's: https, and the same host or a neighbour under the same parent domain (`auth.example.org` for
`registry.example.org`). A registry could otherwise have anybody's password sent anywhere (oras CVE-2026-48978).
Where neighbours are strangers to each other, only the same host counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.doors.fetch import Origin

_PARAMETER = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9-]*)[ \t]+)?(?P<key>[A-Za-z_]+)[ \t]*=[ \t]*"
    r'(?:"(?P<quoted>[^"]*)"|(?P<plain>[^",\s]+))'
)
# Domains under which anybody gets a host: clouds, and countries that sell the third level.
_SHARED = re.compile(r"(.*\.)?(azurecr\.io|amazonaws\.com(\.cn)?|pkg\.dev|gcr\.io)")
_COUNTRY = re.compile(r"(ac|co|com|edu|go|gob|gov|mil|ne|net|nom|or|org)\.[a-z]{2}")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in. `scheme` is in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def read_challenge(header: str) -> Challenge | None:
    """Return how to log in, a token before a password; None when nothing is offered that we understand."""
    found: dict[str, dict[str, str]] = {}
    scheme = ""
    for match in _PARAMETER.finditer(header):
        scheme = (match["scheme"] or scheme).lower()
        found.setdefault(scheme, {})[match["key"].lower()] = match["quoted"] or match["plain"] or ""
    if "bearer" in found:
        return Challenge("bearer", found["bearer"])
    bare = header.partition(" ")[0].lower() == "basic"  # the realm, which says nothing to a program, may be left out
    return Challenge("basic", found.get("basic", {})) if bare or "basic" in found else None


def check_realm(realm: str, home: Origin, *, with_account: bool) -> None:
    """Make sure that a token service may be asked.

    Raises:
        OperationFailed: `realmRefused`.
    """
    origin = Origin.of(realm)
    if origin == home:
        return
    if origin.scheme != "https" or (with_account and not (origin.host == home.host or _neighbours(origin, home))):
        message = f"the registry {home.host} wants logins sent to {origin.scheme}://{origin.host}"
        remedy = "use a registry whose token service is its own, over https"
        raise OperationFailed(Problem("realmRefused", message, remedy=remedy))


def _neighbours(origin: Origin, home: Origin) -> bool:
    if home.host.replace(".", "").isdigit() or ":" in home.host:  # addresses have no owners in common
        return False
    _, _, parent = home.host.partition(".")
    if "." not in parent or _SHARED.fullmatch(parent) or _COUNTRY.fullmatch(parent):
        return False
    return f".{origin.host}".endswith(f".{parent}")
