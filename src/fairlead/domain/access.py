"""How one caller reaches one API server: what a kubeconfig context says, checked and complete."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairlead.domain.accounts import Account


@dataclass(frozen=True, slots=True)
class ExecPlugin:
    """A credential program (client.authentication.k8s.io): run it, read a token or certificate from its output.

    `env` is added to the operator's own environment. With `provide_cluster_info` the program expects the cluster's
    address and CA in KUBERNETES_EXEC_INFO. `install_hint` is what to tell people when it is missing.
    """

    command: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    api_version: str
    provide_cluster_info: bool = False
    install_hint: str = ""


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token as text, or in a file that its owner may renew. Where both are given, a readable file wins."""

    token: str = field(default="", repr=False)
    file: str | None = None


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A client certificate and its key, in PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """User name and password, for servers that still take them."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Anonymous:
    """No credentials."""


Credential = ExecPlugin | BearerToken | ClientCertificate | BasicAuth | Anonymous


@dataclass(frozen=True, slots=True)
class Access:
    """One context, resolved. `ca` is PEM (None: the system's authorities).

    `fingerprint` identifies the cluster behind the context (a digest of server address and CA), so that a context
    of the same name that leads elsewhere is noticed. `account` is who decides what may be done there: every request is
    made as that account (impersonation); None: as who the credential says.
    """

    context: str
    server: str
    namespace: str
    ca: bytes | None
    insecure: bool
    tls_server_name: str | None
    proxy_url: str | None
    credential: Credential
    fingerprint: str
    account: Account | None = None
