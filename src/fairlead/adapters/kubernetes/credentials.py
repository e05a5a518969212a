"""Who we are to an API server: tokens, certificates, and the programs that hand them out.

Protocol of credential programs: client-go credential plugins, client.authentication.k8s.io v1 and v1beta1.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import orjson

from fairlead.domain.access import Access, Anonymous, BasicAuth, BearerToken, ClientCertificate, ExecPlugin
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.doors.process import Program, ProgramFailed, ProgramMissing, run
from fairlead.ports.clock import Clock

_VERSIONS = frozenset({"client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"})
_FILE_SECONDS = 60.0  # as client-go: token files are renewed by others without notice
_EARLY = timedelta(seconds=20)  # a token must outlive the request it is sent with
_PLUGIN_SECONDS = 120.0  # some open a browser and wait for a person


@dataclass(frozen=True, slots=True)
class Identity:
    """What proves who we are: an Authorization header, a client certificate, both or nothing."""

    authorization: str = field(default="", repr=False)
    certificate: ClientCertificate | None = None


class Credentials(Protocol):
    """Gives the identity for the next request."""

    async def current(self) -> Identity:
        """Return an identity that is good by now."""
        ...

    async def renew(self, rejected: Identity, /) -> bool:
        """Say whether there is a newer identity than the one that the server rejected."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """An identity that stays as it is."""

    identity: Identity

    async def current(self) -> Identity:
        """Return it."""
        return self.identity

    async def renew(self, _rejected: Identity, /) -> bool:
        """There is no other."""
        return False


@dataclass(slots=True)
class TokenFile:
    """A token in a file that others renew; `fallback` counts while the file cannot be read."""

    path: Path
    clock: Clock
    fallback: str = field(default="", repr=False)
    _identity: Identity | None = None
    _read_at: float = 0.0

    async def current(self) -> Identity:
        """Return the token as it was at most a minute ago."""
        if self._identity is None or self.clock.monotonic() - self._read_at > _FILE_SECONDS:
            self._identity = self._read()
            self._read_at = self.clock.monotonic()
        return self._identity

    async def renew(self, rejected: Identity, /) -> bool:
        """Read the file again."""
        self._identity = None
        return await self.current() != rejected

    def _read(self) -> Identity:
        try:
            token = self.path.read_text().strip() or self.fallback
        except (OSError, UnicodeDecodeError):
            token = self.fallback
        if not token:
            raise OperationFailed(
                Problem(
                    code="credentialsMissing",
                    message=f"the token file {self.path} cannot be read or is empty",
                    remedy="log in to the cluster again, or correct the path in the kubeconfig",
                )
            )
        return Identity(f"Bearer {token}")


@dataclass(slots=True)
class Plugin:
    """An identity from a credential program, kept until it expires or is rejected."""

    plugin: ExecPlugin
    access: Access
    environ: Mapping[str, str] = field(repr=False)
    clock: Clock
    _identity: Identity | None = None
    _expires: datetime | None = None
    _running: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def current(self) -> Identity:
        """Return the kept identity, or run the program; many callers run it once."""
        async with self._running:
            if self._identity is None or (self._expires and self._expires - _EARLY <= self.clock.now()):
                self._identity, self._expires = await self._run()
            return self._identity

    async def renew(self, rejected: Identity, /) -> bool:
        """Run the program again unless somebody just did."""
        if self._identity == rejected:
            self._identity = None
        return await self.current() != rejected

    async def _run(self) -> tuple[Identity, datetime | None]:
        if self.plugin.api_version not in _VERSIONS:
            raise self._failed(f"speaks {self.plugin.api_version}", "upgrade the program and the kubeconfig entry")
        info = orjson.dumps(exec_info(self.plugin, self.access)).decode()
        env = {**self.environ, **dict(self.plugin.env), "KUBERNETES_EXEC_INFO": info}
        try:
            finished = await run(Program(self.plugin.command, env=env, timeout=_PLUGIN_SECONDS))
        except ProgramMissing:
            hint = self.plugin.install_hint or f"install {Path(self.plugin.command[0]).name} and put it on PATH"
            raise self._failed("is not installed", hint) from None
        except ProgramFailed as error:
            tail = error.stderr.strip()[-500:]
            raise self._failed(f"failed with exit code {error.program_exit_code}: {tail}", "run it by hand") from None
        try:
            return read_exec_credential(finished.stdout, self.plugin.api_version)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise self._failed("printed no valid ExecCredential", "run it by hand to see what it says") from None

    def _failed(self, what: str, remedy: str) -> OperationFailed:
        name = self.plugin.command[0]
        message = f"the credential program {name} of context {self.access.context} {what}"
        return OperationFailed(Problem(code="credentialPluginFailed", message=message, remedy=remedy))


def credentials(access: Access, *, clock: Clock, environ: Mapping[str, str]) -> Credentials:
    """Return the source of identities for a context; `environ` is what credential programs see."""
    match access.credential:
        case ExecPlugin() as plugin:
            return Plugin(plugin, access, environ, clock)
        case BearerToken(token=token, file=str(path)) if path:
            return TokenFile(Path(path), clock, token)
        case BearerToken(token=token):
            return Fixed(Identity(f"Bearer {token}"))
        case ClientCertificate() as certificate:
            return Fixed(Identity(certificate=certificate))
        case BasicAuth(username=name, password=password):
            return Fixed(Identity("Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()))
        case Anonymous():
            return Fixed(Identity())


def exec_info(plugin: ExecPlugin, access: Access) -> dict[str, Any]:
    """Return what a credential program finds in KUBERNETES_EXEC_INFO."""
    spec: dict[str, Any] = {"interactive": False}
    if plugin.provide_cluster_info:
        cluster: dict[str, Any] = {"server": access.server}
        if access.ca:
            cluster["certificate-authority-data"] = base64.b64encode(access.ca).decode()
        if access.tls_server_name:
            cluster["tls-server-name"] = access.tls_server_name
        if access.insecure:
            cluster["insecure-skip-tls-verify"] = True
        if access.proxy_url:
            cluster["proxy-url"] = access.proxy_url
        spec["cluster"] = cluster
    return {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}


def read_exec_credential(output: bytes, api_version: str) -> tuple[Identity, datetime | None]:
    """Read what a credential program printed; ValueError and the like when it is not an ExecCredential."""
    document = orjson.loads(output)
    if document["kind"] != "ExecCredential" or document["apiVersion"] != api_version:
        raise ValueError("not an ExecCredential of the version asked for")
    status = document["status"]
    token, certificate = status.get("token"), None
    if status.get("clientCertificateData"):
        certificate = ClientCertificate(status["clientCertificateData"].encode(), status["clientKeyData"].encode())
    if not token and certificate is None:
        raise ValueError("neither token nor certificate")
    expires = status.get("expirationTimestamp")
    moment = datetime.fromisoformat(expires) if expires else None
    if moment is not None and moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return Identity(f"Bearer {token}" if token else "", certificate), moment
