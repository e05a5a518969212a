"""An API server over real HTTP that answers discovery itself and everything else as a test says, also wrongly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import orjson

from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.adapters.kubernetes.retrying import Patience
from fairlead.domain.access import Access, Anonymous
from fairlead.domain.identity import ObjectRef
from tests.fakes.clock import FakeClock
from tests.fakes.http import Answer, Handler, HttpServer, Request, json_answer

ACCESS = Access("ctx", "http://127.0.0.1:1", "default", None, False, None, None, Anonymous(), "fingerprint")
NO_JITTER = Patience(jitter=lambda: 1.0)


@dataclass(frozen=True, slots=True)
class Served:
    """What a test talks to: the cluster under test, the server, the clock waited by, warnings heard.

    `documents` are the answers to discovery, to change before the first request.
    """

    cluster: KubernetesCluster
    server: HttpServer
    clock: FakeClock
    warnings: list[tuple[ObjectRef, str]]
    documents: dict[str, Answer]

    @property
    def asked(self) -> list[Request]:
        return [request for request in self.server.requests if request.path not in {"/api", "/apis"}]


@asynccontextmanager
async def serve(handler: Handler, *, access: Access = ACCESS, patience: Patience = NO_JITTER) -> AsyncIterator[Served]:
    """Serve with `handler` and give a cluster that leads there; its clock never really waits."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return documents.get(request.path) or await handler(request, writer)

    documents = dict(DISCOVERY)
    warnings: list[tuple[ObjectRef, str]] = []
    async with HttpServer(answer) as server:
        clock = FakeClock()
        cluster = KubernetesCluster(
            replace(access, server=server.url),
            clock=clock,
            environ={},
            warned=lambda ref, text: warnings.append((ref, text)),
            patience=patience,
        )
        try:
            yield Served(cluster, server, clock, warnings, documents)
        finally:
            await cluster.close()


def answers(*script: Answer | None) -> Handler:
    """Give these answers one after the other, the last one for ever; None hangs up."""
    left = list(script)

    async def handler(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return left.pop(0) if len(left) > 1 else left[0]

    return handler


def status(code: int, reason: str = "", message: str = "", **details: Any) -> Answer:
    """Answer with a `Status`."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return json_answer({**body, "reason": reason, "message": message, "details": details}, code)


def config_map(name: str = "a", version: str = "1", **data: str) -> dict[str, Any]:
    meta = {"name": name, "namespace": "default", "uid": f"uid-{name}", "resourceVersion": version}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def groups(group: str, *kinds: tuple[str, str]) -> dict[str, Any]:
    """Answer discovery with one group of namespaced kinds, each with its plural."""
    resources = [
        {"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced", "verbs": ["get", "list"]}
        for kind, plural in kinds
    ]
    items = [{"metadata": {"name": group}, "versions": [{"version": "v1", "resources": resources}]}]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}


def event(kind: str, obj: dict[str, Any]) -> bytes:
    """One line of a watch."""
    return orjson.dumps({"type": kind, "object": obj}) + b"\n"


DISCOVERY = {
    "/api": json_answer(groups("", ("ConfigMap", "configmaps"), ("Secret", "secrets"), ("Pod", "pods"))),
    "/apis": json_answer(groups("apps", ("Deployment", "deployments"))),
}
