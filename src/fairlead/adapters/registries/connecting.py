"""How each host is reached: its own connections, under the TLS files and with the login that are declared for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fairlead.adapters.registries.hosts import Host, Patience
from fairlead.domain.access import ClientCertificate
from fairlead.domain.config import EnvRef, HelmRepo
from fairlead.domain.docker_config import Account
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.images import is_loopback
from fairlead.doors.fetch import Fetcher, Origin
from fairlead.doors.trust import Trust, may_contact
from fairlead.ports.clock import Clock

PasswordOf = Callable[[EnvRef], Awaitable[str]]


@dataclass(slots=True)
class Connections:
    """The hosts of one run, each opened once for everybody who may use it in the same way."""

    clock: Clock
    password_of: PasswordOf
    patience: Patience = field(default_factory=Patience)
    _hosts: dict[tuple[Origin, HelmRepo | None], Host] = field(default_factory=dict, init=False)

    def host(self, url: str, repo: HelmRepo | None) -> Host:
        """Return the host of an address (`oci://` is https, but for this machine).

        Raises:
            InputError: `unreadableFile`: a declared TLS file.
            OperationFailed: `urlInvalid`.
        """
        key = (Origin.of(url), repo)
        if key not in self._hosts:
            self._hosts[key] = Host(Fetcher(_trust(key[0], repo)), self.clock, self.patience)
        return self._hosts[key]

    async def declared(self, repo: HelmRepo | None) -> Account | None:
        """Return the login that is declared for a repository."""
        if repo is None or repo.username is None or repo.password_from is None:
            return None
        return Account(repo.username, await self.password_of(repo.password_from))

    async def close(self) -> None:
        """Close every connection."""
        for host in self._hosts.values():
            await host.close()


def _trust(origin: Origin, repo: HelmRepo | None) -> Trust:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    allow = partial(may_contact, this_machine=is_loopback(host))
    if repo is None:
        return Trust(allow=allow)
    client = None
    if repo.cert_file and repo.key_file:
        client = ClientCertificate(_pem(repo.cert_file, repo), _pem(repo.key_file, repo))
    return Trust(ca=_pem(repo.ca_file, repo) if repo.ca_file else None, client=client, allow=allow)


def _pem(path: str, repo: HelmRepo) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        message = f"helmRepos {repo.name}: cannot read {path}: {error.strerror}"
        place = repo.place
        raise InputError(
            Problem("unreadableFile", message, place.file, place.line, remedy="correct the path of the TLS file")
        ) from None
