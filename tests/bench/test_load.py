"""The load client beside a server that fails, stalls and switches on purpose: what happened is what it reports."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.answers import Answer, Kind, first_of, read, shown, summarize, too_early, too_late
from bench.load import Load, Plan, load_on
from fairlead.doors.process import Program, start
from tests.bench.misbehaving import Behaviour, Seen, Server, busy, serving, well

ROOT = Path(__file__).parents[2]


def plan(server: Server, *, rate: float = 400, seconds: float | None = 0.1, **more: Any) -> Plan:
    return Plan(server.target, rate, seconds, long_every=more.pop("long_every", 0), **more)


async def answers(behave: Behaviour, **more: Any) -> tuple[Server, list[Answer]]:
    async with serving(behave) as server:
        return server, await Load(plan(server, **more)).run()


async def test_half_keep_their_connection_and_half_have_their_own() -> None:
    server, found = await answers(well, kept=5, seconds=0.5)
    assert Counter(one.kind for one in found) == {Kind.KEPT: 100, Kind.NEW: 100}
    assert not any(one.failed for one in found)
    assert {(one.status, one.version, one.pod) for one in found} == {(200, "1", "pod-a")}
    posts, gets = ({one.connection for one in server.seen if one.method == how} for how in ("POST", "GET"))
    assert (len(gets), posts & gets) == (100, set())
    assert 5 <= len(posts) < 100


async def test_requests_are_sent_at_their_times() -> None:
    _, found = await answers(well)
    due = sorted(one.due for one in found)
    assert [later - sooner for sooner, later in pairwise(due)] == pytest.approx([1 / 400] * 39, rel=0.01)
    assert all(one.due <= one.sent <= one.answered <= one.ended for one in found)


async def test_a_stall_of_the_server_holds_no_request_back_and_shows_in_full() -> None:
    """It answers nobody before the last request has come: one that waits for answers would never send that."""
    everything_came = asyncio.Event()

    async def stall(server: Server, _one: Seen) -> bytes | None:
        if len(server.seen) == 40:
            everything_came.set()
        await everything_came.wait()
        return server.fine()

    _, found = await answers(stall, kept=2)
    assert not any(one.failed for one in found)
    released, first = min(one.ended for one in found), min(one.due for one in found)
    assert all(one.latency >= released - one.due for one in found)
    assert released - first >= 39 / 400
    assert summarize(found).slowest >= 39 / 400


async def test_latency_counts_from_when_a_request_was_due_also_when_the_client_was_late() -> None:
    async def hold(server: Server, one: Seen) -> bytes | None:
        if one.number == 4:
            busy(0.2)
        return server.fine()

    _, found = await answers(hold)
    held = [one for one in found if one.sent - one.due > 0.05]
    assert held
    assert all(one.latency >= one.sent - one.due for one in held)
    assert summarize(found).late >= len(held)
    assert summarize(found).p99 > 0.1


async def _fails(server: Server, one: Seen) -> bytes | None:
    match one.number:
        case 3:
            return server.fine(status="503 Service Unavailable")
        case 6:
            return None
        case 9:
            return server.fine(headers="Connection: close\r\n")[:-4]
        case 12:
            return b"Connection: close is no HTTP"
        case _:
            return server.fine()


async def test_every_failure_is_counted_by_its_cause_and_nothing_is_sent_again() -> None:
    server, found = await answers(_fails)
    assert len(server.seen) == len(found) == 40
    assert summarize(found).failures == {"status 503": 1, "connection lost": 1, "answer cut off": 1, "no HTTP": 1}


async def test_no_answer_at_all_is_a_failure_after_a_while() -> None:
    async def silent(server: Server, one: Seen) -> bytes | None:
        if one.number == 5:
            await asyncio.Event().wait()
        return server.fine()

    _, found = await answers(silent, patience=0.5)
    (failed,) = [one for one in found if one.failed]
    assert (failed.cause, failed.status, failed.answered) == ("timed out", 0, 0.0)


async def test_nobody_listens() -> None:
    async with serving(well) as server:
        pass
    found = await Load(plan(server)).run()
    assert summarize(found).failures == {"ConnectionRefusedError": 40}


@pytest.mark.parametrize("headers", ["Connection: close\r\n", ""])
async def test_a_server_may_end_a_connection_between_two_requests(headers: str) -> None:
    async def once(server: Server, _one: Seen) -> bytes | None:
        return server.fine(headers=headers)

    async with serving(once) as server:
        found = await Load(plan(server, kept=1)).run()
    assert not any(one.failed for one in found)
    assert (server.connections == 40) == bool(headers)


async def test_a_switch_shows_who_answered_when() -> None:
    """One answer of the new version leaks out before the switch, and one new connection goes astray behind it."""
    moments: dict[str, float] = {}

    async def switch(server: Server, one: Seen) -> bytes | None:
        if one.number == 20:
            moments["switched"] = load.now()
        early, astray = one.number == 10, one.number == 35
        server.version = "2" if early or (one.number >= 20 and not astray) else "1"
        return server.fine(headers="Connection: close\r\n")

    async with serving(switch) as server:
        load = Load(plan(server))
        found = await load.run()
    spans = summarize(found).versions
    assert [(span.version, span.answers) for span in spans] == [("1", 19), ("2", 21)]
    assert len(too_early(found, "2", moments["switched"])) == 1
    assert too_early(found, "2", 0) == []
    assert first_of(found, "2") < moments["switched"] < spans[1].last
    last = max((one for one in found if one.version == "1"), key=lambda one: one.sent)
    assert too_late(found, "1", moments["switched"]) == ([] if last.kind is Kind.KEPT else [last])
    assert too_late(found, "1", last.sent) == []


async def test_long_requests_run_beside_the_others_and_count_when_cut_off() -> None:
    async def cut(server: Server, one: Seen) -> bytes | None:
        return None if one.path.startswith("/slow") else server.fine()

    _, found = await answers(cut, long_every=0.05, long_takes=3)
    assert Counter(one.kind for one in found) == {Kind.KEPT: 20, Kind.NEW: 20, Kind.LONG: 2}
    assert [one.kind for one in found if one.failed] == [Kind.LONG, Kind.LONG]
    server, found = await answers(well, long_every=0.05, long_takes=3)
    assert [one.path for one in server.seen].count("/slow?seconds=3") == 2
    assert not any(one.failed for one in found)


async def test_load_for_a_block_waits_for_what_is_under_way() -> None:
    may_end = asyncio.Event()

    async def slow(server: Server, one: Seen) -> bytes | None:
        if one.number == 5:
            may_end.set()
        return server.fine()

    async with serving(slow) as server, load_on(plan(server, seconds=None)) as load:
        await may_end.wait()
    assert len(load.answers) == len(server.seen) >= 5
    assert not any(one.failed for one in load.answers)


async def test_the_program_ends_when_told_and_writes_what_it_says(tmp_path: Path) -> None:
    log = tmp_path / "log"
    enough = asyncio.Event()

    async def count(server: Server, one: Seen) -> bytes | None:
        if one.number == 20:
            enough.set()
        return server.fine()

    async with serving(count) as server:
        url = f"http://127.0.0.1:{server.port}"
        argv = (sys.executable, "-m", "bench.load", url, "--rate", "100", "--log", str(log))
        running = await start(Program(argv, cwd=ROOT))
        await enough.wait()
        running.send_signal(signal.SIGTERM)
        said, _ = await running.communicate()
    found = read(log)
    assert running.returncode == 0
    assert len(found) == len(server.seen)
    assert shown(summarize(found)) == said.decode().rstrip()
    assert json.loads(log.read_text().splitlines()[0])["latency"] == pytest.approx(found[0].latency, abs=1e-6)
