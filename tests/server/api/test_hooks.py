"""Webhooks among the other routes: their own proof, the server's limits, and nothing else opened by either."""

from __future__ import annotations

import pytest

from fairlead.server.asgi import Limits
from fairlead.server.surrounding import Surroundings
from tests.domain.webhooks.shapes import SHAPES
from tests.fakes.deliveries import MemoryQueue
from tests.fakes.server import FakeServer
from tests.server.webhooks import GENERIC, PROOFS, SECRET, application, signature, signed


def taking(queue: MemoryQueue, surroundings: Surroundings | None = None) -> FakeServer:
    """Return a server that others reach, and that takes webhooks."""
    return FakeServer(is_loopback=False, webhooks=application(queue), surroundings=surroundings or Surroundings())


async def test_a_delivery_needs_the_secret_and_no_token() -> None:
    queue = MemoryQueue()
    answer = await taking(queue).ask("POST", "/hooks/generic", GENERIC, headers=signed(GENERIC))
    assert (answer.status, answer.json["status"]) == (202, "accepted")
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert len(await queue.waiting(100)) == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/hooks/generic", {}),
        ("/hooks/generic", {"x-fairlead-signature": signature(GENERIC, "another secret, long enough")}),
        ("/hooks/none", signed(GENERIC)),
        ("/hooks/dockerhub", {}),
        ("/hooks/dockerhub/wrong", {}),
        ("/hooks/azure", {"authorization": "Bearer x"}),
    ],
)
async def test_what_is_not_authentic_opens_nothing(path: str, headers: dict[str, str]) -> None:
    queue = MemoryQueue()
    server = taking(queue)
    admin = await server.token()
    for token in (None, admin):
        shown = {**headers, **({"authorization": f"Bearer {token}"} if token is not None else {})}
        assert (await server.ask("POST", path, GENERIC, headers=shown)).status == 401
    assert await queue.waiting(100) == ()
    assert (await server.administration.audit.page()).items == ()


async def test_a_secret_of_a_receiver_opens_no_other_route() -> None:
    server = taking(MemoryQueue())
    await server.token()
    for headers in ({"authorization": f"Bearer {SECRET}"}, {"authorization": SECRET}, signed(b"")):
        assert (await server.ask("GET", "/api/v1/descriptors", headers=headers)).status == 401


async def test_a_secret_in_an_address_is_told_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    server, body = taking(MemoryQueue()), SHAPES["dockerHub"][1]
    assert PROOFS["dockerHub"][1] == f"/{SECRET}"
    path = "/hooks/dockerhub/" + SECRET.replace(" ", "%20")
    await server.ask("POST", f"/hooks/dockerhub/{SECRET}", body)
    viewer = await server.token()
    shown = (await server.ask("GET", "/metrics", token=viewer)).body.decode()
    assert 'route="/hooks/{receiver}/{secret}"' in shown
    assert SECRET not in shown
    assert path not in shown
    assert SECRET not in caplog.text


async def test_the_limits_of_the_server_hold() -> None:
    queue = MemoryQueue()
    server = taking(queue, Surroundings(limits=Limits(body=100)))
    large = GENERIC + b" " * 200
    assert (await server.ask("POST", "/hooks/generic", large, headers=signed(large))).status == 413
    packed = {**signed(GENERIC), "content-encoding": "gzip"}
    assert (await server.ask("POST", "/hooks/generic", GENERIC, headers=packed)).status == 415
    assert (await server.ask("GET", "/hooks/generic", headers=signed(b""))).status == 405
    answers = [await server.ask("POST", "/hooks/generic", GENERIC) for _ in range(500)]
    assert {answer.status for answer in answers} == {401, 429}
    assert await queue.waiting(100) == ()


async def test_without_receivers_there_is_nothing() -> None:
    server = FakeServer()
    for path in ("/hooks/generic", f"/hooks/generic/{SECRET}"):
        answer = await server.ask("POST", path, GENERIC, headers=signed(GENERIC))
        assert (answer.status, answer.code) == (404, "notFound")
