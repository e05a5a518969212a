"""A server in memory, asked without a socket."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from fairlead.domain.accounts import Account
from fairlead.domain.authorising.callers import Role
from fairlead.domain.authorising.issuing import Wish, issue
from fairlead.domain.scopes import EVERYTHING, Scope
from fairlead.domain.units import UnitKey
from fairlead.server.asgi import Message
from fairlead.server.operating import Ears, Kept, Server, ears_of, server_of
from fairlead.server.rollouts import Rollouts
from fairlead.server.surrounding import Surroundings
from fairlead.server.webhooks import Webhooks
from tests.fakes.administration import MemoryAdministration
from tests.fakes.clock import FakeClock
from tests.fakes.rollouts import FakeRollouts
from tests.fakes.store import MemoryStore

DESCRIPTOR: Mapping[str, Any] = {
    "deploymentType": "blue-green",
    "namespace": "shop",
    "appName": "web",
    "newVersion": "#",
    "podspec": {
        "containers": [{"name": "main", "image": "registry.example.org/web:1", "ports": [{"containerPort": 80}]}]
    },
}


@dataclass(frozen=True, slots=True)
class Response:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["code"])


@dataclass(slots=True)
class FakeServer:
    """The whole application over fakes. Without a token, the caller is the owner of the machine.

    `real` are units to be served in place of the fake ones.
    """

    store: MemoryStore = field(default_factory=MemoryStore)
    administration: MemoryAdministration = field(default_factory=MemoryAdministration)
    rollouts: FakeRollouts = field(default_factory=FakeRollouts)
    clock: FakeClock = field(default_factory=FakeClock)
    surroundings: Surroundings = field(default_factory=Surroundings)
    is_loopback: bool = True
    real: Rollouts | None = None
    webhooks: Webhooks | None = None
    _numbers: Any = field(default_factory=itertools.count)
    _made: tuple[Ears, Server] | None = None

    @property
    def ears(self) -> Ears:
        return self._server[0]

    @property
    def server(self) -> Server:
        return self._server[1]

    @property
    def _server(self) -> tuple[Ears, Server]:
        if self._made is None:
            kept = Kept(self.store, self.administration, self.clock, self.is_loopback)
            ears = ears_of(kept)
            self._made = ears, server_of(kept, ears, self.real or self.rollouts, self.surroundings, self.webhooks)
        return self._made

    async def token(
        self, role: Role = Role.ADMIN, scope: Scope = EVERYTHING, account: Account | None = None, *, days: float = 1
    ) -> str:
        """Make a token and return its text."""
        number = next(self._numbers)
        wish = Wish(f"{role.value}{number}", role, scope, timedelta(days=1), account)
        identifier = f"{number:012d}"
        token, text = issue(wish, identifier=identifier, secret="x" * 43, now=self.clock.now(), by="test")
        await self.administration.tokens.add(replace(token, expires=self.clock.now() + timedelta(days=days)))
        return text

    async def ask(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
        waits: bool = False,
        leaves: bool = False,
    ) -> Response:
        """Send a request. A body that is no bytes is sent as JSON.

        Who `waits` sends only the beginning of it, and who `leaves` is gone after that.
        """
        path, _, query = target.partition("?")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        shown = {"host": "localhost", "content-type": "application/json", **(headers or {})}
        if token is not None:
            shown["authorization"] = f"Bearer {token}"
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in shown.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "extensions": dict(extensions or {}),
            "state": {},
        }
        messages = iter([{"type": "http.request", "body": content, "more_body": waits or leaves}])
        sent: list[Message] = []

        async def receive() -> Message:
            for message in messages:
                return message
            if leaves:
                return {"type": "http.disconnect"}
            return await asyncio.Future()  # the client stays until it has its answer

        async def send(message: Message) -> None:
            sent.append(message)

        await self.server.app(scope, receive, send)
        start = next(message for message in sent if message["type"] == "http.response.start")
        pieces = (message.get("body", b"") for message in sent if message["type"] == "http.response.body")
        return Response(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, b"".join(pieces))

    async def descriptor(self, **changes: Any) -> str:
        """Keep a descriptor and return its identifier."""
        answer = await self.ask("POST", "/api/v1/descriptors", {**DESCRIPTOR, **changes})
        return str(answer.json["id"])

    async def deployment(self, **changes: Any) -> str:
        """Begin a deployment and return its identifier."""
        answer = await self.ask("POST", "/api/v1/deployments", {"descriptorId": await self.descriptor(**changes)})
        return str(answer.json["id"])

    async def until_driven(self, unit: UnitKey) -> None:
        """Wait until somebody drives a unit, and forget that it was driven."""
        async with asyncio.timeout(30):
            while unit not in self.rollouts.driven:  # noqa: ASYNC110 - what is waited for is a list of a fake
                await asyncio.sleep(0)
        self.rollouts.driven.clear()
