"""What a kubeconfig user amounts to: one credential, with the precedence that the API server gives them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.domain.access import Anonymous, BasicAuth, BearerToken, ClientCertificate, Credential, ExecPlugin
from fairlead.domain.errors import InputError
from fairlead.domain.kubeconfig import Entry, resolve_path

_PLUGIN_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")


def credential(user: Entry, files: Mapping[str, bytes]) -> Credential:
    """Return the user's credential: a certificate before a token, then a password, then a credential program.

    Raises:
        InputError: `kubeconfigInvalid`, or `kubeconfigUnsupported` for what Fairlead does not do.
    """
    _check_supported(user)
    certificate = pem(user, "client-certificate", files)
    key = pem(user, "client-key", files)
    token = BearerToken(user.text("token"), user.resolved("tokenFile") or None)
    if (certificate is None) != (key is None):
        raise InputError(user.problem("has a client certificate without its key, or a key without its certificate"))
    if user.text("token") and (user.text("username") or user.text("password")):
        raise InputError(user.problem("has a token and a user name", remedy="remove one of the two"))
    if certificate is not None and key is not None:
        return ClientCertificate(certificate, key)
    if token.token or token.file:
        return token
    if user.text("username") or user.text("password"):
        return BasicAuth(user.text("username"), user.text("password"))
    return _plugin(user) if user.fields.get("exec") is not None else Anonymous()


def pem(entry: Entry, key: str, files: Mapping[str, bytes]) -> bytes | None:
    """Return PEM given as `KEY-data` or as a file `KEY`, which it outranks; None when neither is given."""
    data = entry.text(f"{key}-data")
    if data:
        try:
            return base64.b64decode("".join(data.split()), validate=True)
        except (binascii.Error, ValueError):
            raise InputError(entry.problem(f"{key}-data is not base64", f"{key}-data")) from None
    return files[entry.resolved(key)] if entry.text(key) else None


def _check_supported(user: Entry) -> None:
    for key in _IMPERSONATION:
        if user.fields.get(key):
            remedy = "use credentials that carry exactly the rights to deploy"
            problem = user.problem("impersonation is not supported", key, code="kubeconfigUnsupported", remedy=remedy)
            raise InputError(problem)
    if user.fields.get("auth-provider"):
        remedy = "use its credential program (exec), such as gke-gcloud-auth-plugin or kubelogin"
        message = "auth-provider is not supported"
        raise InputError(user.problem(message, "auth-provider", code="kubeconfigUnsupported", remedy=remedy))


def _plugin(user: Entry) -> ExecPlugin:
    declared = user.fields["exec"]
    if not isinstance(declared, Mapping):
        raise InputError(user.problem("exec is not a mapping", "exec"))
    entry = Entry(user.name, user.file, f"{user.path}.exec", declared)
    command, version = entry.text("command"), entry.text("apiVersion")
    if not command:
        raise InputError(entry.problem("the credential program has no command", "command"))
    if version not in _PLUGIN_VERSIONS:
        remedy = f"expected {' or '.join(_PLUGIN_VERSIONS)}"
        raise InputError(entry.problem(f"apiVersion is {version!r}", "apiVersion", remedy=remedy))
    if entry.text("interactiveMode") == "Always":
        message = "the credential program insists on a terminal"
        raise InputError(entry.problem(message, "interactiveMode", code="kubeconfigUnsupported"))
    # A command with a slash is a path and follows the path rule; one without is looked up on PATH.
    program = resolve_path(command, user.file) if "/" in command else command
    return ExecPlugin(
        command=(program, *_texts(entry, "args")),
        env=tuple((item.text("name"), item.text("value")) for item in _items(entry, "env")),
        api_version=version,
        provide_cluster_info=entry.flag("provideClusterInfo"),
        install_hint=entry.text("installHint"),
    )


def _texts(entry: Entry, key: str) -> Iterator[str]:
    for item in _list(entry, key):
        if not isinstance(item, str):
            raise InputError(entry.problem(f"{key} holds something that is not text", key, remedy="put it in quotes"))
        yield item


def _items(entry: Entry, key: str) -> Iterator[Entry]:
    for index, item in enumerate(_list(entry, key)):
        if not isinstance(item, Mapping):
            raise InputError(entry.problem(f"{key} holds something that is not a mapping", key))
        yield Entry(entry.name, entry.file, f"{entry.path}.{key}[{index}]", item)


def _list(entry: Entry, key: str) -> list[Any]:
    value = entry.fields.get(key)
    if value is not None and not isinstance(value, list):
        raise InputError(entry.problem(f"{key} is not a list", key))
    return value or []
