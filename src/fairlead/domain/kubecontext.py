"""From a kubeconfig context to an `Access`: what the files must be asked for, and what they amount to.

Two steps, so that this stays pure: `files_to_read` names the files, `access` takes their contents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from fairlead.domain.access import Access, Anonymous
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import sha256_bytes, sha256_json
from fairlead.domain.kubeconfig import Entry, Kubeconfig, Trust
from fairlead.domain.kubecredential import credential, pem

_FORBIDDEN_TO_FOREIGN = (
    ("cluster", "certificate-authority"),
    ("cluster", "insecure-skip-tls-verify"),
    ("user", "exec"),
    ("user", "auth-provider"),
    ("user", "tokenFile"),
    ("user", "client-certificate"),
    ("user", "client-key"),
)


@dataclass(frozen=True, slots=True)
class Context:
    """One context with the entries that it names. `user` is None when the context names none."""

    name: str
    entry: Entry
    cluster: Entry
    user: Entry | None


def find_context(config: Kubeconfig, name: str | None = None) -> Context:
    """Return a context by its exact name, the current one when None.

    Raises:
        InputError: `contextMissing` when there is no such context, `kubeconfigInvalid` when it leads nowhere.
    """
    wanted = name if name is not None else config.current_context
    if not wanted or wanted not in config.contexts:
        raise InputError(_context_missing(config, wanted))
    entry = config.contexts[wanted]
    cluster = config.clusters.get(entry.text("cluster"))
    if cluster is None:
        raise InputError(entry.problem(f"no cluster is named {entry.text('cluster')!r}", "cluster"))
    user_name = entry.text("user")
    user = config.users.get(user_name)
    if user is None and user_name:
        raise InputError(entry.problem(f"no user is named {user_name!r}", "user"))
    return Context(wanted, entry, cluster, user)


def files_to_read(context: Context, trust: Trust) -> tuple[str, ...]:
    """Return the absolute paths of the certificate files that `access` needs; none from a foreign kubeconfig.

    Raises:
        InputError: `kubeconfigForbidden` for a foreign kubeconfig that asks for what only the operator's own may do.
    """
    _check_trust(context, trust)
    user = context.user
    named = (
        (context.cluster, "certificate-authority"),
        *(((user, "client-certificate"), (user, "client-key")) if user else ()),
    )
    return tuple(entry.resolved(key) for entry, key in named if entry.text(key) and not entry.text(f"{key}-data"))


def access(context: Context, *, namespace: str, trust: Trust, files: Mapping[str, bytes]) -> Access:
    """Return how to reach the context's cluster. `files` holds what `files_to_read` named.

    Raises:
        InputError: whatever the table in `kubeconfig` calls an error.
    """
    _check_trust(context, trust)
    cluster = context.cluster
    server = _server(cluster)
    ca = pem(cluster, "certificate-authority", files)
    insecure = cluster.flag("insecure-skip-tls-verify")
    if insecure and ca is not None:
        remedy = "remove one of the two"
        raise InputError(cluster.problem("has a certificate authority and insecure-skip-tls-verify", remedy=remedy))
    return Access(
        context=context.name,
        server=server,
        namespace=namespace,
        ca=ca,
        insecure=insecure,
        tls_server_name=cluster.text("tls-server-name") or None,
        proxy_url=cluster.text("proxy-url") or None,
        credential=credential(context.user, files) if context.user else Anonymous(),
        fingerprint=fingerprint(server, ca),
    )


def fingerprint(server: str, ca: bytes | None) -> str:
    """Return what identifies a cluster: a digest of its address and of the authority that vouches for it.

    Case, default port and trailing slash of the address do not count, nor does white space around the PEM text.
    A renewed authority gives another fingerprint: then somebody must look, and `init` again.
    """
    url = urlsplit(server)
    port = url.port or (443 if url.scheme == "https" else 80)
    address = f"{url.scheme}://{url.hostname}:{port}{url.path.rstrip('/')}"
    return sha256_json({"server": address, "ca": None if ca is None else sha256_bytes(ca.strip())})


def _context_missing(config: Kubeconfig, wanted: str) -> Problem:
    files = ", ".join(config.files) or "the kubeconfig, as no such file exists"
    known = ", ".join(sorted(config.contexts)) or "none"
    what = f"there is no context {wanted!r}" if wanted else "no context is named and none is current"
    remedy = f"name one of its contexts: {known}"
    return Problem(code="contextMissing", message=f"{what} in {files}", remedy=remedy)


def _check_trust(context: Context, trust: Trust) -> None:
    if trust is Trust.OPERATOR:
        return
    entries = {"cluster": context.cluster, "user": context.user}
    problems = [
        entry.problem(
            f"{key} is not taken from a kubeconfig that came with a repository or over the API",
            key,
            code="kubeconfigForbidden",
            remedy="put certificates and tokens into it as data, or use a kubeconfig outside the repository",
        )
        for which, key in _FORBIDDEN_TO_FOREIGN
        if (entry := entries[which]) is not None and entry.fields.get(key)
    ]
    if problems:
        raise InputError(problems)


def _server(cluster: Entry) -> str:
    server = cluster.text("server")
    try:
        url = urlsplit(server)
        usable = url.scheme in {"https", "http"} and bool(url.hostname) and url.port != 0 and "@" not in url.netloc
    except ValueError:
        usable = False
    if not usable:
        remedy = "write it as https://HOST:PORT, with any password in the user entry"
        shown = server.rpartition("@")[2]
        raise InputError(cluster.problem(f"server is {shown!r}, expected a plain URL", "server", remedy=remedy))
    return server
