"""Secrets that values refer to, read from the release's own cluster."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from fairlead.domain.config import SecretRef
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import ObjectRef
from fairlead.ports.cluster import Cluster


@dataclass(frozen=True, slots=True)
class ClusterSecrets:
    """The secrets of a cluster, through the one door to it."""

    cluster: Cluster

    async def secret(self, namespace: str, ref: SecretRef) -> str:
        """Return the text of a Secret's key.

        Raises:
            InputError: there is no such Secret or key, or it holds no text.
        """
        found = await self.cluster.get(ObjectRef("v1", "Secret", namespace, ref.name))
        if found is None:
            raise _secret_problem("secretNotFound", f"there is no Secret {namespace}/{ref.name}", "create the Secret")
        data = found.get("data") or {}
        if ref.key not in data:
            message = f"the Secret {namespace}/{ref.name} has no key {ref.key!r}"
            raise _secret_problem("secretNotFound", message, "add the key to the Secret or correct `key`")
        try:
            return base64.b64decode(data[ref.key]).decode()
        except (binascii.Error, UnicodeDecodeError):
            message = f"the key {ref.key!r} of the Secret {namespace}/{ref.name} is not a text"
            raise _secret_problem("secretNotText", message, "only texts can be values") from None


def _secret_problem(code: str, message: str, remedy: str) -> InputError:
    return InputError(Problem(code, message, remedy=remedy))
