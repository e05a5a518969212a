"""A kubeconfig file of our making, by which a chart's `lookup` reaches the cluster as the caller does.

It holds credentials, so where the system has files without a name (Linux), it is one: the child that renders opens it
through our process, and it is gone with us, however we end.
"""

from __future__ import annotations

import base64
import os
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from fairlead.adapters.kubernetes.credentials import Identity
from fairlead.domain.access import Access
from fairlead.domain.accounts import Account
from fairlead.domain.rendering import Lookup


@dataclass(slots=True)
class LookupFile:
    """The file, made when first asked for and again when the identity has changed; `remove` deletes it."""

    access: Access
    _identity: Identity | None = None
    _path: str = field(default="")
    _handle: int | None = None

    def write(self, identity: Identity) -> Lookup:
        """Return the file with this identity in it; only its owner may read it."""
        if identity != self._identity:
            self.remove()
            with os.fdopen(os.dup(self._open()), "wb") as file:
                file.write(orjson.dumps(kubeconfig(self.access, identity)))
            self._identity = identity
        return Lookup(self._path, self.access.context)

    def remove(self) -> None:
        """Delete the file, if there is one."""
        if self._handle is not None:
            os.close(self._handle)
            if not self._path.startswith("/proc/"):
                with suppress(FileNotFoundError):
                    Path(self._path).unlink()
        self._identity, self._path, self._handle = None, "", None

    def _open(self) -> int:
        if sys.platform == "linux":
            self._handle = os.memfd_create("fairlead-lookup")
            os.fchmod(self._handle, 0o600)
            self._path = f"/proc/{os.getpid()}/fd/{self._handle}"
        else:
            self._handle, self._path = tempfile.mkstemp(prefix="fairlead-lookup-", suffix=".json")  # mode 0600
        return self._handle


def kubeconfig(access: Access, identity: Identity) -> dict[str, Any]:
    """Return a kubeconfig with one context, which names nothing outside itself: no files, no programs."""
    cluster: dict[str, Any] = {"server": access.server}
    if access.insecure:
        cluster["insecure-skip-tls-verify"] = True
    elif access.ca:
        cluster["certificate-authority-data"] = base64.b64encode(access.ca).decode()
    if access.tls_server_name:
        cluster["tls-server-name"] = access.tls_server_name
    if access.proxy_url:
        cluster["proxy-url"] = access.proxy_url
    context = {"cluster": "cluster", "user": "user", "namespace": access.namespace}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": access.context,
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "contexts": [{"name": access.context, "context": context}],
        "users": [{"name": "user", "user": {**_user(identity), **_as_whom(access.account)}}],
    }


def _user(identity: Identity) -> dict[str, str]:
    user: dict[str, str] = {}
    scheme, _, value = identity.authorization.partition(" ")
    if scheme == "Bearer":
        user["token"] = value
    elif scheme == "Basic":
        user["username"], _, user["password"] = base64.b64decode(value).decode().partition(":")
    if identity.certificate is not None:
        user["client-certificate-data"] = base64.b64encode(identity.certificate.certificate).decode()
        user["client-key-data"] = base64.b64encode(identity.certificate.key).decode()
    return user


def _as_whom(account: Account | None) -> dict[str, Any]:
    if account is None:
        return {}
    extra = {key: list(values) for key, values in account.extra.items()}
    said = {"as": account.user, "as-uid": account.uid, "as-groups": list(account.groups), "as-user-extra": extra}
    return {key: value for key, value in said.items() if value}
