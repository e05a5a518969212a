"""Where commands listen that serve, and what they need for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address

from fairlead.domain.errors import InputError, Problem

_DESCRIPTOR = re.compile(r"[0-9]{1,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen; port 0 takes any free one. `descriptor` is of a socket that was handed over instead."""

    host: str
    port: int
    descriptor: int | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it; of a name or socket that may lead anywhere, it is not believed."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def listen_at(text: str) -> Listen:
    """Return an address as written.

    Raises:
        InputError: it is none (`invalidAddress`).
    """
    host, _, port = text.rpartition(":")
    if host == "fd" and _DESCRIPTOR.fullmatch(port):
        return Listen("", 0, int(port))
    bare = host.removeprefix("[").removesuffix("]")
    is_bracketed = host.startswith("[") and host.endswith("]")
    if not bare or (":" in bare) != is_bracketed or not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        message = f"found --listen {text!r}, expected HOST:PORT or fd:NUMBER"
        raise InputError(Problem("invalidAddress", message, remedy="write it as 127.0.0.1:8080, [::1]:8080 or fd:3"))
    return Listen(bare, int(port))


def url_of(host: str, port: int) -> str:
    """Return the address that was bound, as people call it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def require_server(needed: Iterable[str]) -> None:
    """Refuse when what serving needs is not installed.

    Raises:
        InputError: naming it (`serverMissing`).
    """
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        message = f"serving needs {' and '.join(missing)}, which is not installed"
        raise InputError(Problem("serverMissing", message, remedy="run `pip install 'fairlead[server]'`"))
