"""What surrounds every request: limits, browsers, headers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fairlead.adapters.store.store import SqliteStore
from fairlead.domain.keeping.limits import Limits as Kept
from fairlead.domain.rollout.phases import UnitOutcome
from fairlead.server.asgi import Limits, Message, Receive, Scope, Send
from fairlead.server.metrics import Metrics
from fairlead.server.operating import begin
from fairlead.server.problems import Declined
from fairlead.server.surrounding import Surrounding, Surroundings
from tests.fakes.clock import FakeClock
from tests.fakes.server import DESCRIPTOR, FakeServer

PATH = "/api/v1/descriptors"


@pytest.mark.parametrize("path", ["/healthz", PATH, "/nothing", "/api/v1/openapi.json"])
async def test_every_answer_protects_itself(path: str) -> None:
    headers = (await FakeServer().ask("GET", path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "https://evil.example.org"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://ui.example.org.evil.example.org"}, 403),
        ({"origin": "https://ui.example.org"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"host": "evil.example.org"}, 403),
        ({"host": "127.0.0.1:8080"}, 200),
        ({"host": "[::1]:8080"}, 200),
        ({"host": "[::1"}, 403),
    ],
    ids=str,
)
async def test_pages_of_others_call_nothing(headers: dict[str, str], status: int) -> None:
    server = FakeServer(surroundings=Surroundings(origins=frozenset({"https://ui.example.org"})))
    assert (await server.ask("GET", PATH, headers=headers)).status == status


async def test_a_name_of_its_own_is_fine_where_tokens_say_who_calls() -> None:
    server = FakeServer()
    token = await server.token()
    assert (await server.ask("GET", PATH, token=token, headers={"host": "fairlead.example.org"})).status == 200


@pytest.mark.parametrize(("scheme", "status"), [("Bearer", 200), ("bearer", 200), ("Basic", 401), ("", 401)])
async def test_a_token_is_shown_as_a_bearer_token_alone(scheme: str, status: int) -> None:
    server = FakeServer(is_loopback=False)
    headers = {"authorization": f"{scheme} {await server.token()}".strip()}
    assert (await server.ask("GET", PATH, headers=headers)).status == status


async def test_bodies_and_heads_have_limits() -> None:
    server = FakeServer(surroundings=Surroundings(limits=Limits(body=1000)))
    large = {**DESCRIPTOR, "comment": "x" * 2000}
    assert (await server.ask("POST", PATH, large)).status == 413
    assert (await server.ask("GET", PATH, headers={"x-large": "x" * 40_000})).status == 431
    for target in (f"{PATH}?x={'x' * 40_000}", f"{PATH}/{'x' * 40_000}"):
        assert (await server.ask("GET", target)).status == 431
    assert (await server.ask("GET", PATH, headers={f"x-{number}": "x" for number in range(200)})).status == 431
    assert (await server.ask("POST", PATH, DESCRIPTOR, headers={"content-encoding": "gzip"})).status == 415


async def test_who_sends_slowly_or_with_too_many_others_is_refused() -> None:
    server = FakeServer(surroundings=Surroundings(limits=Limits(seconds=0.01)))
    slow = await server.ask("POST", PATH, b"{", waits=True)
    assert (slow.status, slow.code) == (408, "tooSlow")
    budget = server.server.app.app.budget
    budget.limit = budget.held + 10
    full = await server.ask("POST", PATH, DESCRIPTOR)
    assert (full.status, full.code) == (503, "busy")
    budget.limit = 1 << 20
    assert (await server.ask("POST", PATH, DESCRIPTOR)).status == 201
    assert budget.held == 0


async def test_who_is_not_known_is_refused_before_their_body_is_read() -> None:
    server = FakeServer(is_loopback=False, surroundings=Surroundings(limits=Limits(body=1000)))
    assert (await server.ask("POST", PATH, b"x" * 5000)).status == 401


async def test_the_time_is_that_of_the_whole_body() -> None:
    async def trickle() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        for _ in range(25):
            await receive()

    async def send(_message: Message) -> None:
        """Nobody answers."""

    around = Surrounding(app, Surroundings(limits=Limits(seconds=0.1)), Metrics(), FakeClock())
    with pytest.raises(Declined) as caught:
        await around({"type": "http", "method": "POST", "headers": []}, trickle, send)
    assert caught.value.status == 408


async def test_who_leaves_in_the_middle_is_no_mistake_of_ours() -> None:
    server = FakeServer()
    assert (await server.ask("POST", PATH, b"{", leaves=True)).status == 499
    assert server.server.app.app.budget.held == 0


async def test_who_asks_too_often_waits() -> None:
    server = FakeServer()
    answers = [await server.ask("GET", "/healthz") for _ in range(500)]
    assert {answer.status for answer in answers} == {200, 429}
    assert answers[-1].headers["retry-after"] == "1"
    server.clock.advance(1)
    assert (await server.ask("GET", "/healthz")).status == 200


async def test_figures_name_routes_and_no_identifiers() -> None:
    server = FakeServer()
    await server.ask("GET", f"{PATH}/some-identifier")
    shown = (await server.ask("GET", "/metrics")).body.decode()
    assert 'route="/api/v1/descriptors/{identifier}"' in shown
    assert "some-identifier" not in shown
    assert "fairlead_streams_open 0.0" in shown


async def test_figures_count_requests_deployments_and_who_follows() -> None:
    server = FakeServer()
    identifier = await server.deployment()
    await server.ears.recorder.end(identifier, UnitOutcome.FAILED, "", server.clock.now())
    follower = server.ears.hub.follower(identifier, 0, None)
    with server.ears.hub.following(follower):
        shown = (await server.ask("GET", "/metrics")).body.decode()
    asked = 'fairlead_requests_total{method="POST",route="/api/v1/deployments",status="202"} 1.0'
    assert asked in shown
    assert 'fairlead_request_seconds_count{route="/api/v1/deployments"} 1.0' in shown
    assert 'fairlead_deployments_ended_total{outcome="failed"} 1.0' in shown
    assert "fairlead_streams_open 1.0" in shown


async def test_it_is_ready_when_the_units_are_driven() -> None:
    server = FakeServer()
    assert (await server.ask("GET", "/readyz")).status == 503
    await begin(server.server)
    assert (await server.ask("GET", "/readyz")).status == 200
    assert (await server.ask("GET", "/healthz")).status == 200


async def test_it_is_alive_and_not_ready_while_its_store_cannot_be_read(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite", Kept())
    server = FakeServer(store=store)  # type: ignore[arg-type] # a real one, that can be taken away
    await begin(server.server)
    assert (await server.ask("GET", "/readyz")).status == 200
    await store.close()
    lost = await server.ask("GET", "/readyz")
    assert (lost.status, lost.code) == (503, "storeFailed")
    assert (await server.ask("GET", "/healthz")).status == 200


async def test_a_mistake_of_ours_shows_nothing() -> None:
    server = FakeServer()
    server.rollouts.clusters = None  # type: ignore[assignment] # whatever it is, it raises
    with pytest.raises(TypeError):
        await server.ask("GET", "/api/v1/clusters")
