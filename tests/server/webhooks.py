"""Deliveries that prove where they come from, and an application that takes them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from fairlead.domain.webhooks.providers import PROVIDERS
from fairlead.domain.webhooks.receivers import Receiver
from fairlead.server.webhooks import Webhooks
from tests.domain.webhooks.shapes import SHAPES
from tests.fakes.deliveries import MemoryQueue
from tests.server.requests import Response, request

SECRET = "correct horse battery staple"


GENERIC = json.dumps(SHAPES["generic"][1]).encode()


def application(queue: MemoryQueue, **more: Any) -> Webhooks:
    receivers = {name.lower(): Receiver(name.lower(), provider, SECRET) for name, provider in PROVIDERS.items()}
    receivers["bound"] = Receiver("bound", PROVIDERS["generic"], SECRET, ("registry.example.org/shop/api",))
    receivers["other"] = Receiver("other", PROVIDERS["generic"], "another secret, long enough")
    return Webhooks(receivers, queue, **more)


def signature(body: bytes, secret: str = SECRET) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def signed(body: bytes, **more: str) -> dict[str, str]:
    return {"x-fairlead-signature": signature(body), **{name.replace("_", "-"): value for name, value in more.items()}}


async def deliver(app: Webhooks, body: bytes = GENERIC, receiver: str = "generic", **more: Any) -> Response:
    return await request(app, f"/hooks/{receiver}", body, **{"headers": signed(body), **more})


# How each provider proves itself: headers from the body, and what is added to the address.
PROOFS: dict[str, tuple[Callable[[bytes], dict[str, str]], str]] = {
    "dockerHub": (lambda _: {}, f"/{SECRET}"),
    "quay": (lambda _: {}, f"/{SECRET}"),
    "google": (lambda _: {}, f"/{SECRET}"),
    "harbor": (lambda _: {"authorization": SECRET}, ""),
    "azure": (lambda _: {"authorization": f"Bearer {SECRET}"}, ""),
    "distribution": (lambda _: {"authorization": f"Bearer {SECRET}"}, ""),
    "ecr": (lambda _: {"x-api-key": SECRET}, ""),
    "gitlab": (lambda _: {"x-gitlab-token": SECRET}, ""),
    "gitea": (lambda body: {"x-gitea-signature": signature(body).removeprefix("sha256=")}, ""),
    "bitbucket": (lambda body: {"x-hub-signature": signature(body)}, ""),
    "github": (lambda body: {"x-hub-signature-256": signature(body)}, ""),
    "githubPackages": (lambda body: {"x-hub-signature-256": signature(body)}, ""),
    "generic": (lambda body: {"x-fairlead-signature": signature(body)}, ""),
}
