"""The few questions that the sandbox asks an API server of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fairlead.domain.access import ClientCertificate
from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.doors.dial import Dialer
from fairlead.doors.trust import Trust
from fairlead.sandbox.addons import Addon
from fairlead.sandbox.kubeconfig import Access


@dataclass(frozen=True, slots=True)
class Api:
    """One API server, asked as its administrator."""

    dialer: Dialer
    server: str

    async def ready(self) -> bool:
        """Whether it serves everything."""
        return (await self.dialer.request("GET", f"{self.server}/readyz", timeout=5)).status == 200

    async def get(self, path: str) -> dict[str, Any] | None:
        """An object, or None when there is none."""
        response = await self.dialer.request("GET", f"{self.server}{path}", timeout=10)
        if response.status == 404:
            return None
        return _object(response.status, response.body)

    async def apply(self, addon: Addon) -> None:
        """Apply an object (server-side apply)."""
        response = await self.dialer.request(
            "PATCH",
            f"{self.server}{addon.path}?fieldManager=fairlead-sandbox&force=true",
            headers={"Content-Type": "application/apply-patch+yaml"},
            body=json.dumps(addon.manifest).encode(),
        )
        _object(response.status, response.body)


@asynccontextmanager
async def connected(access: Access) -> AsyncIterator[Api]:
    """Talk to a cluster for the length of a block."""
    client = ClientCertificate(access.client.certificate, access.client.key)
    dialer = Dialer(Trust(ca=access.authority, client=client))
    try:
        yield Api(dialer, access.server)
    finally:
        await dialer.close()


def condition(thing: dict[str, Any] | None, kind: str) -> bool:
    """Whether an object reports a condition as true."""
    conditions = (thing or {}).get("status", {}).get("conditions", [])
    return any(entry["type"] == kind and entry["status"] == "True" for entry in conditions)


def _object(status: int, body: bytes) -> dict[str, Any]:
    if status >= 300:
        text = body[:500].decode(errors="replace")
        message = f"the API server answered {status}: {text}"
        raise RemoteRefused(Problem(code="sandboxApi", message=message), status=status)
    found: dict[str, Any] = json.loads(body)
    return found
