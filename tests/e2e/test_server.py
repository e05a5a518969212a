"""`fairlead server` on real pods: describe, deploy, follow on both wires, promote, roll back, revoke, stop."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from fairlead.doors.dial import Dialer, Response
from fairlead.doors.process import run, start, stop
from tests.e2e.running import RunningSandbox
from tests.e2e.shells import Shell
from tests.e2e.shops import ENVIRONMENTS

pytestmark = pytest.mark.e2e


@dataclass(slots=True)
class Running:
    """A server, and how it is asked."""

    process: asyncio.subprocess.Process
    url: str
    dialer: Dialer
    shell: Shell
    token: str = ""

    async def _request(self, method: str, path: str, body: bytes | None = None) -> Response:
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        return await self.dialer.request(method, f"{self.url}{path}", headers=headers, body=body)

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Mapping[str, str], Any]:
        answer = await self._request(method, path, None if body is None else json.dumps(body).encode())
        return answer.status, answer.headers, json.loads(answer.body) if answer.body else None

    async def deploy(self, **changes: Any) -> str:
        status, headers, made = await self.ask("POST", "/api/v1/descriptors", self.shell.descriptor(**changes))
        assert status == 201, made
        status, headers, made = await self.ask("POST", "/api/v1/deployments", {"descriptorId": made["id"]})
        assert (status, headers["location"]) == (202, f"/api/v1/deployments/{made['id']}"), made
        return str(made["id"])

    async def until(self, deployment: str, *statuses: str) -> dict[str, Any]:
        async with asyncio.timeout(90):
            while True:
                _, _, found = await self.ask("GET", f"/api/v1/deployments/{deployment}")
                if found["status"] in statuses:
                    return dict(found)
                assert found["status"] not in ("failed", "aborted", "blocked"), found
                await asyncio.sleep(0.2)

    async def until_followed(self) -> None:
        """Wait until a stream is open."""
        async with asyncio.timeout(30):
            while b"fairlead_streams_open 1.0" not in (await self._request("GET", "/metrics")).body:  # noqa: ASYNC110 - it says so nowhere else
                await asyncio.sleep(0.1)

    async def unit(self) -> dict[str, Any]:
        _, _, found = await self.ask("GET", f"/api/v1/units/sandbox/{self.shell.namespace}/shop")
        return dict(found)

    async def become(self, role: str) -> str:
        """Make a token beside the running server and ask with it from now on; return its identifier."""
        words = ("tokens", "create", role, "--role", role, "--data", "data", "--output", "json")
        made = json.loads((await run(self.shell.program(*words))).stdout)
        self.token = made["secret"]
        return str(made["token"]["id"])


@pytest.fixture
async def shell(real_sandbox: RunningSandbox, namespace: str, tmp_path: Path) -> Shell:
    text = ENVIRONMENTS.format(context=real_sandbox.contexts[0], namespace=namespace)
    (tmp_path / "environments.yaml").write_text(text)
    (tmp_path / "apps.yaml").write_text("releases: []\n")
    await real_sandbox.ask("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=privileged")
    await real_sandbox.ask("annotate", "namespace", namespace, "fairlead.dev/service-account=deployer")
    await real_sandbox.ask("create", "serviceaccount", "deployer", "-n", namespace)
    account = f"--serviceaccount={namespace}:deployer"
    await real_sandbox.ask("create", "rolebinding", "deployer", "--clusterrole=edit", account, "-n", namespace)
    return Shell(real_sandbox, namespace, tmp_path)


@pytest.fixture
async def begin(shell: Shell) -> AsyncIterator[Callable[[], Awaitable[Running]]]:
    """Start servers; those that still run at the end are ended."""
    begun: list[Running] = []

    async def one() -> Running:
        process = await start(shell.program("server", "--listen", "127.0.0.1:0", "--data", "data"))
        assert process.stdout is not None
        async with asyncio.timeout(30):
            line = (await process.stdout.readline()).decode()
        found = Running(process, line.split()[-1], Dialer(), shell)
        begun.append(found)
        return found

    yield one
    for each in begun:
        await each.dialer.close()
        await stop(each.process)


async def sequences(server: Running, deployment: str, after: int = 0) -> list[dict[str, Any]]:
    """Follow a deployment as a WebSocket to its end."""
    url = f"{server.url.replace('http', 'ws')}/api/v1/deployments/{deployment}/stream?after={after}"
    headers = {"authorization": f"Bearer {server.token}"} if server.token else {}
    async with connect(url, additional_headers=headers, proxy=None) as client:
        return [json.loads(message) async for message in client]


async def events(server: Running, deployment: str) -> str:
    """Follow a deployment by server-sent events to its end."""
    path = f"/api/v1/deployments/{deployment}/stream"
    async with server.dialer.stream("GET", f"{server.url}{path}", headers={}) as stream:
        return (await stream.read()).decode()


async def test_an_app_is_deployed_followed_promoted_and_rolled_back(begin: Callable[[], Awaitable[Running]]) -> None:
    server = await begin()
    first = await server.deploy()
    async with asyncio.timeout(90):
        told, sse = await asyncio.gather(sequences(server, first), events(server, first))
    assert [each["sequence"] for each in told] == list(range(1, len(told) + 1))
    assert told[-1]["type"] == "deploymentEnded"
    assert sse.count("\nid: ") == len(told)
    assert sse.endswith("event: end\ndata: {}\n\n")
    assert (await server.until(first, "deployed"))["version"] == "1"

    second = await server.deploy(env={"COLOUR": "green"}, autoPromoteAfter="never")
    await server.until(second, "awaiting")
    assert (await server.unit())["live"] == "1"
    unit = f"/api/v1/units/sandbox/{server.shell.namespace}/shop"
    assert (await server.ask("POST", f"{unit}/promote"))[0] == 202
    await server.until(second, "deployed")
    assert (await server.until(first, "replaced"))["status"] == "replaced"

    status, _, asked = await server.ask("POST", f"{unit}/rollback")
    assert status == 202
    await server.until(asked["deployment"], "deployed")
    assert (await server.unit())["live"] == "1"

    _, _, asked = await server.ask("POST", f"{unit}/undeploy")
    await server.until(asked["deployment"], "undeployed")
    assert await server.shell.sandbox.ask("get", "deployments", "-n", server.shell.namespace, "-o", "name") == ""


async def test_a_host_and_a_name_have_one_owner(begin: Callable[[], Awaitable[Running]]) -> None:
    server = await begin()
    await server.until(await server.deploy(frontend="shop.example.org"), "deployed")
    for changes, code, owner in (
        ({"appName": "other", "frontend": "shop.example.org"}, "hostTaken", "shop"),
        ({"appName": "shop-1", "newVersion": "2"}, "nameTaken", "/shop, version 1"),
    ):
        _, _, made = await server.ask("POST", "/api/v1/descriptors", server.shell.descriptor(**changes))
        status, _, answer = await server.ask("POST", "/api/v1/deployments", {"descriptorId": made["id"]})
        assert (status, answer["code"]) == (409, code)
        assert owner in answer["detail"]


async def test_nobody_gets_by_our_rights_what_they_may_not_do(begin: Callable[[], Awaitable[Running]]) -> None:
    server = await begin()
    await server.shell.sandbox.ask("delete", "rolebinding", "deployer", "-n", server.shell.namespace)
    _, _, made = await server.ask("POST", "/api/v1/descriptors", server.shell.descriptor())
    status, _, answer = await server.ask("POST", "/api/v1/deployments", {"descriptorId": made["id"]})
    assert (status, answer["code"]) == (403, "forbidden")
    namespace = ("namespace", server.shell.namespace)
    await server.shell.sandbox.ask("label", *namespace, "pod-security.kubernetes.io/enforce-", "--overwrite")
    for path in ("/api/v1/descriptors/validate", "/api/v1/descriptors"):
        status, _, answer = await server.ask("POST", path, server.shell.descriptor())
        assert (status, answer["code"]) == (422, "podSecurity")
    await server.shell.sandbox.ask("annotate", *namespace, "fairlead.dev/service-account-")
    status, _, answer = await server.ask("POST", "/api/v1/deployments", {"descriptorId": made["id"]})
    assert (status, answer["code"]) == (403, "accountMissing")


async def test_a_server_that_stops_hands_over_and_the_next_goes_on(begin: Callable[[], Awaitable[Running]]) -> None:
    server = await begin()
    deployment = await server.deploy(env={"SLOW_START": "5"})
    await server.until(deployment, "deploying")
    watching = asyncio.ensure_future(sequences(server, deployment))
    await server.until_followed()
    server.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(10):
        assert await server.process.wait() == 130
    with pytest.raises(ConnectionClosed) as closed:
        await watching
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    again = await begin()
    assert (await again.until(deployment, "deployed"))["version"] == "1"
    told = await sequences(again, deployment, after=1)
    assert told[0]["sequence"] == 2


async def test_a_revoked_token_ends_what_it_opened(begin: Callable[[], Awaitable[Running]]) -> None:
    server = await begin()
    deployment = await server.deploy(autoPromoteAfter="never", env={"COLOUR": "red"})
    identifier = await server.become("admin")
    watching = asyncio.ensure_future(sequences(server, deployment))
    await server.until_followed()
    await run(server.shell.program("tokens", "revoke", identifier, "--data", "data"))
    async with asyncio.timeout(5):
        with pytest.raises(ConnectionClosed) as closed:
            await watching
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
