"""S65-S68 and F25: what strangers and storms can do to whoever takes webhooks."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.adapters.deliveries.sqlite import SqliteQueue
from fairlead.domain.webhooks.deliveries import BranchPushed
from fairlead.domain.webhooks.providers import PROVIDERS
from fairlead.domain.webhooks.receivers import Receiver
from fairlead.server.webhooks import Webhooks
from tests.domain.webhooks.shapes import SHAPES
from tests.fakes.deliveries import MemoryQueue
from tests.fakes.repository import write_files
from tests.fakes.upgrades import ENVIRONMENTS
from tests.fakes.webhooks import CONFIG, SECRET, Server, serving
from tests.server.requests import request
from tests.server.webhooks import PROOFS, application, deliver, signed

MEBIBYTE = 1 << 20
HEAD = b"POST /hooks/ci HTTP/1.1\r\nHost: x\r\n"
UNSIGNED = b"X-Fairlead-Signature: sha256=00\r\n"
ENDLESS = HEAD + UNSIGNED + b"Transfer-Encoding: chunked\r\n\r\n"
A_CATASTROPHE = 60.0
"""Seconds of processor time that nothing here comes near, but backtracking far exceeds."""
A_WHILE = 10.0
"""Seconds in which a server answers that is not held up, on a busy machine too; bench/webhooks.py has the figures."""
APPS = 20
VERSIONS = 10


def apps(patch: int, track: str = "PatchLevel") -> str:
    """Return a releases file in which every release runs this patch of its image."""
    values = "[{{key: image.repository, value: reg.test/app{0}}}, {{key: image.tag, value: 1.0.{1}}}]"
    return "releases:\n" + "".join(
        f"  - name: app{number}\n    chart: {{dir: c}}\n    trigger: {{image: {{track: {track}}}}}\n"
        f"    values: {values.format(number, patch)}\n"
        for number in range(APPS)
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {"environments.yaml": ENVIRONMENTS, "apps.yaml": apps(0), "webhooks.yaml": CONFIG, "c/": ""}
    write_files(tmp_path / "shop", files)
    return tmp_path / "shop"


async def flooded(server: Server, head: bytes, piece: bytes, size: int) -> bytes:
    """Send that much, or until the server has enough; return the first line of its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head)
    with suppress(ConnectionError):
        for _ in range(size // len(piece)):
            writer.write(piece)
            await writer.drain()
            if reader.at_eof():
                break
    line = b""
    with suppress(ConnectionError):
        line = await reader.readline()
    writer.close()
    return line


async def test_s65_bodies_without_end_or_sense_cost_no_memory_and_nobodys_time(repository: Path) -> None:
    async with serving(repository) as server:
        assert await server.deliver("reg.test/app1:1.0.1") == 202
        before = server.memory
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        fields = b"&".join(b"a%d=1" % number for number in range(10**5))
        form = HEAD + UNSIGNED + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9999999\r\n\r\n"
        packed = HEAD + UNSIGNED + b"Content-Encoding: gzip\r\nContent-Length: 9999999\r\n\r\n"
        huge = HEAD + UNSIGNED + b"Content-Length: 5000000000\r\n\r\n"
        floods = [
            flooded(server, ENDLESS, chunk, 64 * MEBIBYTE),
            flooded(server, huge, chunk, 64 * MEBIBYTE),
            flooded(server, packed, chunk, 8 * MEBIBYTE),
            flooded(server, form, fields, 8 * MEBIBYTE),
            flooded(server, HEAD + b"Content-Length: 5000000000\r\n\r\n", chunk, 64 * MEBIBYTE),
        ]
        attacking = asyncio.ensure_future(asyncio.gather(*floods))
        started = time.monotonic()
        assert await server.deliver("reg.test/app2:1.0.1") == 202
        assert time.monotonic() - started < A_WHILE
        answers = await attacking

        statuses = [int(line.split()[1]) if line else 0 for line in answers]
        assert all(
            status in allowed
            for status, allowed in zip(statuses, (_TOO_LARGE, _TOO_LARGE, _ENCODED, _ENCODED, _DENIED), strict=True)
        ), statuses
        assert server.memory - before < 32 * MEBIBYTE
        await server.end(signal.SIGTERM)


_TOO_LARGE, _ENCODED, _DENIED = (413, 0), (415, 0), (401, 0)  # 0: cut off before the answer was read


async def test_s65_a_thousand_slow_senders_keep_nobody_waiting(repository: Path) -> None:
    async with serving(repository) as server:
        assert await server.deliver("reg.test/app1:1.0.1") == 202
        before = server.memory
        slow = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(1000)]
        for _, writer in slow:
            writer.write(HEAD + UNSIGNED + b"Content-Length: 1000\r\n\r\n{")

        started = time.monotonic()
        assert await server.deliver("reg.test/app2:1.0.1") == 202

        assert time.monotonic() - started < A_WHILE
        assert server.memory - before < 32 * MEBIBYTE
        for _, writer in slow:
            writer.close()
        await server.end(signal.SIGTERM)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(provider=st.sampled_from(sorted(SHAPES)), path=st.lists(st.integers(0, 5), max_size=5), value=_JSON)
def test_s66_no_body_breaks_the_server(provider: str, path: list[int], value: Any) -> None:
    usual, body, _ = SHAPES[provider]
    prove, address = PROOFS[provider]
    sent = json.dumps(_with(body, path, value)).encode()

    app = application(MemoryQueue())
    answer = asyncio.run(request(app, f"/hooks/{provider.lower()}{address}", sent, headers={**usual, **prove(sent)}))

    assert answer.status in (202, 400)


def _with(body: Any, path: list[int], value: Any) -> Any:
    """Return a body in which one place, found by walking along `path`, holds another value."""
    if not path or not isinstance(body, dict | list) or not body:
        return value
    first, rest = path[0] % len(body), path[1:]
    if isinstance(body, list):
        return [_with(each, rest, value) if number == first else each for number, each in enumerate(body)]
    chosen = list(body)[first]
    return {key: _with(each, rest, value) if key == chosen else each for key, each in body.items()}


@pytest.mark.parametrize("depth", [10, 100_000])
async def test_s66_no_depth_breaks_the_server(depth: int) -> None:
    body = b"[" * depth + b"]" * depth

    assert (await deliver(application(MemoryQueue()), body, headers=signed(body))).status == 400


@pytest.mark.parametrize("provider", sorted(SHAPES))
async def test_s66_no_deep_value_anywhere_breaks_the_server(provider: str) -> None:
    usual, body, _ = SHAPES[provider]
    prove, address = PROOFS[provider]
    deep = '{"a":' * 1010 + "1" + "}" * 1010  # the parser takes no more than 1024
    paths = list(_paths(body))
    assert len(paths) > 1
    for path in paths:
        sent = json.dumps(_with(body, path, "<deep>")).replace('"<deep>"', deep).encode()
        headers = {**usual, **prove(sent)}
        answer = await request(application(MemoryQueue()), f"/hooks/{provider.lower()}{address}", sent, headers=headers)
        assert answer.status in (202, 400), path


def _paths(body: Any) -> Iterator[list[int]]:
    """Yield the way to everything inside a body, as `_with` walks it."""
    yield []
    inner = list(body.values()) if isinstance(body, dict) else body if isinstance(body, list) else []
    for number, each in enumerate(inner):
        yield from ([number, *path] for path in _paths(each))


@pytest.mark.parametrize("provider", sorted(SHAPES))
async def test_s67_the_proof_of_one_provider_opens_no_other_and_no_empty_secret_opens_any(provider: str) -> None:
    usual, body, _ = SHAPES[provider]
    sent = json.dumps(body).encode()
    prove, address = PROOFS[provider]
    headers = {**usual, **prove(sent)}
    closed = Webhooks({"closed": Receiver("closed", PROVIDERS[provider], "")}, MemoryQueue())
    strangers = [other for other in SHAPES if PROVIDERS[other].schemes != PROVIDERS[provider].schemes]

    unset = await request(closed, f"/hooks/closed{address}", sent, headers=headers)
    empty = await request(closed, "/hooks/closed/", sent, headers=dict.fromkeys(headers, ""))

    assert (unset.status, empty.status) == (401, 401)
    for other in strangers:
        # Several providers take an Authorization header; what is then refused is the body, or it announces nothing.
        answer = await request(application(MemoryQueue()), f"/hooks/{other.lower()}{address}", sent, headers=headers)
        assert answer.status in (401, 400) or answer.json["status"] == "ignored", other


async def test_s67_a_delivery_sent_again_is_acted_on_once_also_after_a_restart(tmp_path: Path) -> None:
    statuses = []
    for _ in range(2):
        queue = SqliteQueue(tmp_path / "queue.sqlite")
        app = Webhooks({"generic": Receiver("generic", PROVIDERS["generic"], SECRET)}, queue)
        for _ in range(2):
            answer = await deliver(app)
            statuses.append((answer.status, answer.json["status"]))
        for work in await queue.waiting(10):
            await queue.done(work)
        assert await queue.waiting(10) == ()
        await queue.close()

    assert statuses == [(202, "accepted"), (202, "repeated"), (202, "repeated"), (202, "repeated")]


@pytest.mark.parametrize("name", ["acme/.*", "acme/(a+)+$", "acme/[", "acme/*", "*/*", "acme/" + "a" * 1000 + "!"])
async def test_s68_names_are_texts_and_never_patterns(name: str) -> None:
    bound = Receiver("forge", PROVIDERS["github"], SECRET, ("acme/.*", "(a+)+$", "acme/w.b"))
    commit = "0" * 40
    started = time.process_time()
    allowed = [
        bound.allows(BranchPushed(each, "main", commit)) for each in (name, "acme/web", "acme/w.b", "a" * 30 + "!")
    ]

    assert time.process_time() - started < A_CATASTROPHE
    assert allowed == [name == "acme/.*", False, True, False]


async def test_s68_a_repository_with_such_a_name_is_read_in_no_time() -> None:
    for name in ("acme/.*", "acme/(a+)+$", "a/" * 511 + "a", "/" * 1000, "a" * 1024):
        usual, body, _ = SHAPES["github"]
        sent = json.dumps({**body, "repository": {**body["repository"], "full_name": name}}).encode()
        prove, _ = PROOFS["github"]
        started = time.process_time()
        await request(application(MemoryQueue()), "/hooks/github", sent, headers={**usual, **prove(sent)})
        assert time.process_time() - started < A_CATASTROPHE


async def test_f25_a_storm_with_duplicates_reordered_and_a_kill_ends_in_the_newest(repository: Path) -> None:
    chance = Random(25)
    images = [f"reg.test/app{number}:1.0.{patch}" for number in range(APPS) for patch in range(1, VERSIONS + 1)]
    storm = [image for image in images for _ in range(chance.randint(1, 3))]
    chance.shuffle(storm)
    half = len(storm) // 2

    async with serving(repository, "--patch") as server:
        assert {await server.deliver(image) for image in storm[:half]} == {202}
        await server.end(signal.SIGKILL)
    lines: list[str] = []
    async with serving(repository, "--patch") as server:
        assert {await server.deliver(image) for image in storm[half:]} == {202}
        while (repository / "apps.yaml").read_text() != apps(VERSIONS):
            lines.append(await server.line())
        assert await server.end(signal.SIGTERM) == 130

    acts = [sum(line.startswith(f"reg.test/app{number} ") for line in lines) for number in range(APPS)]
    assert max(acts) <= 5


async def heard(server: Server, image: str, tag: str) -> None:
    """Read what the server says until it tells of this tag of an image, after others perhaps."""
    while not (line := await server.line()).startswith(f"{image} ") or f" {tag}:" not in line:
        pass


async def test_f25_a_late_delivery_takes_no_release_back_that_follows_the_newest(repository: Path) -> None:
    """Versions play no part in this track: the times do that senders tell, also across a restart."""
    (repository / "apps.yaml").write_text(apps(0, "Newest"))
    for patch in (2, 1, 3):
        async with serving(repository, "--patch") as server:
            for number in range(APPS):
                time = f"2026-11-21T12:{patch:02}:{number:02}Z"
                assert await server.deliver(f"reg.test/app{number}:1.0.{patch}", time=time) == 202
            await heard(server, f"reg.test/app{APPS - 1}", f"1.0.{patch}")
            # What is told of is off the queue before anything else is acted on.
            assert await server.deliver(f"reg.test/other:{patch}") == 202
            await heard(server, "reg.test/other", str(patch))
            await server.end(signal.SIGKILL)
        assert (repository / "apps.yaml").read_text() == apps(max(2, patch), "Newest")


async def test_f25_deliveries_are_answered_while_releases_are_being_changed(repository: Path) -> None:
    async with serving(repository, "--patch") as server:
        slowest = 0.0
        for number in range(200):
            started = time.monotonic()
            assert await server.deliver(f"reg.test/app{number % APPS}:1.0.{1 + number // APPS}") == 202
            slowest = max(slowest, time.monotonic() - started)
        while (repository / "apps.yaml").read_text() != apps(VERSIONS):
            await server.line()
            started = time.monotonic()
            assert await server.deliver("reg.test/other:1.0.0") == 202
            slowest = max(slowest, time.monotonic() - started)
        await server.end(signal.SIGTERM)

    assert slowest < A_WHILE
