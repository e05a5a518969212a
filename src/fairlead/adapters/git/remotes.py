"""Addresses of Git repositories: which may be contacted at all, and how a token goes along without being seen.

An address can name a program to run (`ext::`, `-oProxyCommand`), so only four forms are taken: https, ssh, a path on
this machine, and http on this machine. Token and address reach Git through variables: arguments are for all to see.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fairlead.domain.errors import InputError, Problem

_SCP = re.compile(r"(?:[A-Za-z0-9._][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!/?-)[^\s:][^\s]*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository on a server. `token` goes to https and http addresses alone, as the password of `user`."""

    url: str
    token: str = field(default="", repr=False)
    user: str = "x-access-token"

    @property
    def protocol(self) -> str:
        """The one protocol that Git may speak for this address.

        Raises:
            InputError: the address has none of the forms that are taken (`remoteRefused`).
        """
        if _CONTROL.search(self.url) or self.url.startswith("-"):
            raise self._refused()
        if Path(self.url).is_absolute():
            return "file"
        if "://" not in self.url:
            if "::" not in self.url and _SCP.fullmatch(self.url):
                return "ssh"
            raise self._refused()
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        known = parts.scheme in {"https", "ssh"} or (parts.scheme == "http" and host in _LOOPBACK)
        if not known or not _HOST.fullmatch(host):
            raise self._refused()
        return parts.scheme

    def _refused(self) -> InputError:
        remedy = "use https://HOST/PATH, ssh://HOST/PATH, USER@HOST:PATH, or an absolute path"
        return InputError(Problem("remoteRefused", f"found the repository address {self.shown!r}", remedy=remedy))

    @property
    def shown(self) -> str:
        """The address without user name and password."""
        scheme, separator, rest = self.url.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}" if separator else self.url

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not show in any message."""
        name, password = self._given
        # A name without a password may be a token; the usual one of ssh is none.
        given = password or (name if self.url.startswith("http") else "")
        return tuple(text for text in (self.token, self._basic, given, unquote(given)) if text)

    @property
    def _given(self) -> tuple[str, str]:
        """User name and password within the address, as they are written there."""
        name, _, password = self.url.partition("://")[2].partition("/")[0].rpartition("@")[0].partition(":")
        return name, password

    @property
    def _basic(self) -> str:
        name, password = (self.user, self.token) if self.token else map(unquote, self._given)
        return (
            base64.b64encode(f"{name}:{password}".encode()).decode()
            if (name or password) and self.url.startswith("http")
            else ""
        )

    def environment(self) -> dict[str, str]:
        """Return the variables that let Git reach this address, and nothing else."""
        # What the address holds goes along as a header, too: Git's own helpers get the address as an argument.
        is_web = self.protocol in {"https", "http"}
        config = [("remote.origin.url", self.shown if is_web else self.url)]
        if is_web and self._basic:
            origin = urlsplit(self.shown)
            address = f"{origin.scheme}://{origin.netloc}/"
            config.append((f"http.{address}.extraHeader", f"Authorization: Basic {self._basic}"))
        found = {"GIT_ALLOW_PROTOCOL": self.protocol, "GIT_CONFIG_COUNT": str(len(config))}
        for number, (key, value) in enumerate(config):
            found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return found
