"""Where values come from that are not written down: `valueFrom` in declared files.

Guarantees: asked once per run for the same thing; what a secret source returns is never logged by it.
"""

from __future__ import annotations

from typing import Protocol

from fairlead.domain.config import GceAddress, SecretRef
from fairlead.domain.providers import Gke


class AddressSource(Protocol):
    """Addresses reserved in Google Compute Engine."""

    async def address(self, address: GceAddress, cluster: Gke) -> str:
        """Return the address, in the cluster's project and, unless it is global, region.

        Errors: `OperationFailed` with code `addressLookupFailed`, naming the address.
        """
        ...


class SecretSource(Protocol):
    """Secrets of one cluster, read with the rights of one caller."""

    async def secret(self, namespace: str, ref: SecretRef) -> str:
        """Return the text of a Secret's key.

        Errors: `InputError` (`secretNotFound`) when there is no such Secret or key, naming both.
        """
        ...
