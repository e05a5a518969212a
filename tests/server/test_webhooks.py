"""What the application answers to deliveries of all kinds, and what is stored then."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fairlead.ports.deliveries import Work
from fairlead.server.asgi import Budget, Limits, Message
from tests.domain.webhooks.shapes import SHAPES
from tests.fakes.deliveries import MemoryQueue
from tests.server.requests import request
from tests.server.webhooks import GENERIC, PROOFS, application, deliver, signature, signed


async def waiting(queue: MemoryQueue) -> tuple[Work, ...]:
    return await queue.waiting(100)


@pytest.mark.parametrize("provider", SHAPES)
async def test_a_delivery_of_each_provider_is_stored(provider: str) -> None:
    queue = MemoryQueue()
    usual, body, announced = SHAPES[provider]
    prove, address = PROOFS[provider]
    sent = json.dumps(body).encode()

    response = await deliver(application(queue), sent, f"{provider.lower()}{address}", headers={**usual, **prove(sent)})

    assert (response.status, response.json) == (202, {"status": "accepted"})
    assert [work.announcements for work in await waiting(queue)] == [announced]


@pytest.mark.parametrize("provider", SHAPES)
async def test_without_proof_nothing_is_stored(provider: str) -> None:
    queue = MemoryQueue()
    usual, body, _ = SHAPES[provider]

    response = await deliver(application(queue), json.dumps(body).encode(), provider.lower(), headers=usual)

    assert response.status == 401
    assert await waiting(queue) == ()


@pytest.mark.parametrize(
    ("receiver", "body", "headers", "status"),
    [
        ("unknown", GENERIC, signed(GENERIC), 401),
        ("other", GENERIC, signed(GENERIC), 401),
        ("github", GENERIC, signed(GENERIC), 401),
        ("generic", GENERIC + b" ", signed(GENERIC), 401),
        ("bound", GENERIC, signed(GENERIC), 403),
        ("generic", b"{", signed(b"{"), 400),
        ("generic", b"", signed(b""), 400),
        ("generic", b"\xff", signed(b"\xff"), 400),
        ("generic", b"[" * 100_000, signed(b"[" * 100_000), 400),
        ("generic", b'{"image": NaN}', signed(b'{"image": NaN}'), 400),
        ("generic", b'{"image": "-x"}', signed(b'{"image": "-x"}'), 400),
        ("generic", GENERIC, signed(GENERIC, content_encoding="gzip"), 415),
        ("generic", GENERIC, signed(GENERIC, content_type="application/x-www-form-urlencoded"), 415),
        ("generic", GENERIC, signed(GENERIC, content_length="5000000000"), 413),
        ("generic", GENERIC, signed(GENERIC, content_length="-1"), 413),
        ("generic", b"x" * 2_000_000, signed(b"x" * 2_000_000), 413),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_refusals(receiver: str, body: bytes, headers: dict[str, str], status: int) -> None:
    queue = MemoryQueue()

    response = await deliver(application(queue), body, receiver, headers=headers)

    assert response.status == status
    assert response.headers["content-type"] == "application/problem+json"
    assert await waiting(queue) == ()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/hooks/generic", 405),
        ("POST", "/", 404),
        ("POST", "/hooks", 404),
        ("POST", "/hooks/generic/a/b", 404),
        ("GET", "/healthz", 200),
    ],
)
async def test_addresses(method: str, path: str, status: int) -> None:
    response = await request(application(MemoryQueue()), path, method=method)

    assert response.status == status


async def test_a_refused_delivery_is_not_read() -> None:
    app = application(MemoryQueue())

    async def receive() -> Message:
        raise AssertionError("the body was read")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "http", "method": "POST", "path": "/hooks/dockerhub/wrong", "headers": []}, receive, send)

    assert sent[0]["status"] == 401


async def test_a_repeated_delivery_is_accepted_and_ignored() -> None:
    queue, arrivals = MemoryQueue(), []
    app = application(queue, arrived=lambda: arrivals.append(1))
    first = await deliver(app)
    (work,) = await waiting(queue)
    await queue.done(work)

    second = await deliver(app, headers=signed(GENERIC, x_request_id="another"))

    assert [first.json["status"], second.json["status"]] == ["accepted", "repeated"]
    assert await waiting(queue) == ()
    assert arrivals == [1]


@pytest.mark.parametrize(
    ("provider", "body", "again"),
    [
        ("quay", SHAPES["quay"][1], "accepted"),
        ("generic", {"image": "acme/web:latest"}, "accepted"),
        ("generic", {"image": "acme/web:latest", "time": "2026-11-21T12:00:00Z"}, "repeated"),
        ("generic", {"image": f"acme/web:latest@sha256:{'0' * 64}"}, "repeated"),
    ],
    ids=["quay", "neither", "time", "digest"],
)
async def test_without_time_or_digest_the_same_may_be_said_twice(provider: str, body: Any, again: str) -> None:
    app = application(MemoryQueue())
    sent = json.dumps(body).encode()
    prove, address = PROOFS[provider]

    answers = [await deliver(app, sent, f"{provider}{address}", headers=prove(sent)) for _ in range(2)]

    assert [answer.json["status"] for answer in answers] == ["accepted", again]


async def test_what_tells_of_nothing_new_is_accepted() -> None:
    body = b'{"zen": "Speak like a human."}'
    queue = MemoryQueue()

    response = await deliver(
        application(queue), body, "github", headers={"x-hub-signature-256": signature(body), "x-github-event": "ping"}
    )

    assert (response.status, response.json) == (202, {"status": "ignored"})


async def test_a_queue_that_cannot_be_written_asks_to_send_again() -> None:
    response = await deliver(application(MemoryQueue(is_full=True)))

    assert response.status == 503
    assert "retry-after" in response.headers


async def test_of_repeated_headers_the_first_counts() -> None:
    body = GENERIC
    right, wrong = signature(body).encode(), b"sha256=" + b"0" * 64
    statuses = []
    for pair in ([right, wrong], [wrong, right]):
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        async def send(message: Message, sent: list[Message] = sent) -> None:
            sent.append(message)

        headers = [(b"x-fairlead-signature", value) for value in pair]
        scope = {"type": "http", "method": "POST", "path": "/hooks/generic", "headers": headers}
        await application(MemoryQueue())(scope, receive, send)
        statuses.append(sent[0]["status"])

    assert statuses == [202, 401]


async def test_a_body_in_pieces_is_one_body() -> None:
    pieces = [GENERIC[start : start + 7] for start in range(0, len(GENERIC), 7)]

    response = await request(application(MemoryQueue()), "/hooks/generic", pieces, headers=signed(GENERIC))

    assert response.status == 202


async def test_whoever_hangs_up_gets_no_answer_and_leaves_nothing() -> None:
    budget = Budget(100)
    app = application(MemoryQueue(), budget=budget)

    response = await request(app, "/hooks/generic", [b"x" * 80, b""], headers=signed(b""), gone=True)

    assert response.status == 0
    assert budget.held == 0


async def test_unfinished_bodies_share_a_budget() -> None:
    app = application(MemoryQueue(), budget=Budget(1000), limits=Limits(body=800))
    holds = asyncio.Event()
    release = asyncio.Event()

    async def slow() -> AsyncIterator[Message]:
        yield {"type": "http.request", "body": b"x" * 700, "more_body": True}
        holds.set()
        await release.wait()
        yield {"type": "http.disconnect"}

    messages = slow()

    async def send(message: Message) -> None:
        raise AssertionError("nobody is there")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/hooks/generic",
        "headers": [(b"x-fairlead-signature", b"sha256=0")],
    }
    task = asyncio.ensure_future(app(scope, lambda: anext(messages), send))
    await holds.wait()
    large = b"{" + b" " * 500

    refused = await deliver(app, large)
    small = await deliver(app)
    release.set()
    await task

    assert refused.status == 503
    assert small.status == 202
    assert app.budget.held == 0


async def test_a_slow_body_is_given_up() -> None:
    app = application(MemoryQueue(), limits=Limits(seconds=0.01))
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"x-fairlead-signature", b"sha256=0")]
    await app({"type": "http", "method": "POST", "path": "/hooks/generic", "headers": headers}, receive, send)

    assert sent[0]["status"] == 408


async def test_mounted_below_another_path_it_answers_the_same() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": GENERIC}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/hooks/generic",
        "root_path": "/api",
        "headers": [(b"x-fairlead-signature", signature(GENERIC).encode())],
    }
    await application(MemoryQueue())(scope, receive, send)

    assert sent[0]["status"] == 202


async def test_it_follows_the_start_and_end_of_its_host() -> None:
    coming = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(coming)

    async def send(message: Message) -> None:
        sent.append(message)

    await application(MemoryQueue())({"type": "lifespan"}, receive, send)

    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
