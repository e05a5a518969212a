"""Sending over real HTTP: what is tried again, for how long, and as whom."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.domain.access import BearerToken, ClientCertificate, ExecPlugin
from fairlead.domain.accounts import Account
from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused, Transient
from fairlead.domain.identity import ObjectRef
from fairlead.doors.dial_failures import Unreachable
from fairlead.doors.gate import Gate
from fairlead.ports.fence import behind
from tests.fakes.apiserver import ACCESS, DISCOVERY, NO_JITTER, answers, config_map, groups, serve, status
from tests.fakes.certificates import Authority
from tests.fakes.clock import FakeClock
from tests.fakes.http import Answer, HttpServer, Request, json_answer

MAP = ObjectRef("v1", "ConfigMap", "default", "a")
GOOD = json_answer(config_map())


@pytest.mark.parametrize(
    "trouble",
    [
        None,
        status(500, "InternalError"),
        status(503, "ServiceUnavailable"),
        status(500, message="etcdserver: leader changed"),
        Answer(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}),
        Answer(body=b'{"half', headers={"Content-Type": "application/json"}, declared=100),
    ],
)
async def test_passing_trouble_is_outlived(trouble: Answer | None) -> None:
    async with serve(answers(trouble, trouble, GOOD)) as served:
        assert await served.cluster.apply(config_map(), manager="fairlead") == config_map()
        assert await served.cluster.get(MAP) == config_map()
    assert served.clock.slept == [0.1, 0.2]


def _generated() -> dict[str, Any]:
    return {**config_map(), "metadata": {"generateName": "a-", "namespace": "default"}}


@pytest.mark.parametrize("trouble", [None, status(500), Answer(504, b"", {})], ids=["no answer", "failed", "too late"])
async def test_what_may_have_been_made_is_not_made_twice(trouble: Answer | None) -> None:
    """Each creation with a name that the server gives is another object, such as the Job of a hook."""
    async with serve(answers(trouble, GOOD)) as served:
        with pytest.raises(Transient):
            await served.cluster.create(_generated(), manager="fairlead")
        assert len(served.asked) == 1
        assert (await served.cluster.create(_generated(), manager="fairlead"))["metadata"]["name"] == "a"


async def test_what_was_certainly_not_made_is_tried_again() -> None:
    async with serve(answers(Answer(429, b"", {"Retry-After": "1"}), GOOD)) as served:
        await served.cluster.create(_generated(), manager="fairlead")
        assert len(served.asked) == 2


async def test_retry_after_is_honoured_and_the_gate_narrows() -> None:
    busy = Answer(429, b"", {"Retry-After": "7"})
    async with serve(answers(busy, GOOD)) as served:
        await served.cluster.get(MAP)
        assert served.cluster._sender.gate.limit == 10
    assert served.clock.slept == [pytest.approx(7.1)]


async def test_patience_ends_with_what_the_server_said() -> None:
    async with serve(answers(status(503, "ServiceUnavailable", "no backend"))) as served:
        with pytest.raises(Transient) as caught:
            await served.cluster.get(MAP)
    assert caught.value.code == "apiFailed"
    assert 20 < sum(served.clock.slept) <= NO_JITTER.known


@pytest.mark.parametrize("refusal", [status(403, "Forbidden", "x cannot y"), status(409, "Conflict"), status(422)])
async def test_a_refusal_is_final(refusal: Answer) -> None:
    async with serve(answers(refusal, GOOD)) as served:
        with pytest.raises(RemoteRefused):
            await served.cluster.apply(config_map(), manager="fairlead")
        assert len(served.asked) == 1


async def test_an_address_where_nobody_ever_answered_is_given_up_soon() -> None:
    clock = FakeClock()
    cluster = KubernetesCluster(ACCESS, clock=clock, environ={}, patience=NO_JITTER)
    with pytest.raises(Unreachable) as caught:
        await cluster.get(MAP)
    await cluster.close()
    assert sum(clock.slept) <= 2 * NO_JITTER.unknown  # the two halves of discovery wait side by side
    assert "127.0.0.1:1" in str(caught.value)
    assert "ctx" in str(caught.value)
    assert caught.value.problems[0].remedy


async def test_f29_a_server_that_is_gone_is_given_up_once_and_not_by_each_request_anew() -> None:
    gone = False

    async def server(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return None if gone else GOOD

    refs = [replace(MAP, name=f"n{number}") for number in range(100)]
    async with serve(server) as served:
        await served.cluster.get(MAP)
        gone, begun, since = True, len(served.asked), served.clock.monotonic()
        errors = await asyncio.gather(*(served.cluster.delete(ref, uid="u") for ref in refs), return_exceptions=True)
        assert {type(error) for error in errors} == {Unreachable}
        assert [str(ref) in str(error) for ref, error in zip(refs, errors, strict=True)] == [True] * 100
        assert served.clock.monotonic() - since < 2 * NO_JITTER.known
        assert len(served.asked) - begun <= 2 * len(refs)

        begun = len(served.asked)
        for ref in refs:
            with pytest.raises(Unreachable):
                await served.cluster.delete(ref, uid="u")
        assert len(served.asked) == begun

        gone = False
        served.clock.advance(NO_JITTER.longest)
        assert await served.cluster.get(MAP) == config_map()
        assert await served.cluster.delete(MAP, uid="u") is True


async def test_many_at_once_are_bounded() -> None:
    gate = Gate()
    inside = most = 0
    crowded = asyncio.Event()

    async def slow(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if inside == gate.limit:
            crowded.set()
        await crowded.wait()  # nobody leaves before the gate's first width is used up
        inside -= 1
        return GOOD

    async with serve(slow) as served:
        await asyncio.gather(*(served.cluster.get(MAP) for _ in range(200)))
    assert gate.limit <= most <= gate.ceiling


async def test_a_sign_of_life_does_not_stand_in_line() -> None:
    holding, released = 0, asyncio.Event()
    full = asyncio.Event()

    async def slow_but_for_leases(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        nonlocal holding
        if "/leases/" in request.path:
            return json_answer(lease)
        holding += 1
        if holding == served.cluster._sender.gate.limit:
            full.set()
        await released.wait()
        return GOOD

    meta = {"name": "run", "namespace": "default"}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta}
    async with serve(slow_but_for_leases) as served:
        served.documents["/apis"] = json_answer(groups("coordination.k8s.io", ("Lease", "leases")))
        work = asyncio.gather(*(served.cluster.get(MAP) for _ in range(100)))
        await full.wait()
        async with asyncio.timeout(30):
            assert await served.cluster.apply(lease, manager="fairlead-state") == lease
        released.set()
        await work


async def test_time_in_line_costs_no_patience() -> None:
    refused: set[str] = set()

    async def each_fails_once(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        served.clock.advance(1.0)
        if request.path in refused:
            return GOOD
        refused.add(request.path)
        return status(503, "ServiceUnavailable")

    refs = [replace(MAP, name=f"n{number}") for number in range(100)]
    async with serve(each_fails_once) as served:
        served.cluster._sender.gate = Gate(limit=1, ceiling=1)
        found = await asyncio.gather(*(served.cluster.get(ref) for ref in refs))
    assert found == [config_map()] * 100
    assert served.clock.monotonic() > 1000.0 + NO_JITTER.known


async def test_a_server_that_takes_few_at_once_is_asked_little_more_than_needed() -> None:
    inside = busy = 0

    async def takes_eight(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        nonlocal inside, busy
        if inside >= 8:
            busy += 1
            return Answer(429, b"", {"Retry-After": "1"})
        inside += 1
        for _ in range(50):  # long enough for others to arrive
            await asyncio.sleep(0)
        inside -= 1
        return GOOD

    async with serve(takes_eight) as served:
        found = await asyncio.gather(*(served.cluster.get(MAP) for _ in range(400)))
    assert found == [config_map()] * 400
    assert busy < 60


async def test_a_token_is_sent_and_a_refused_one_renewed_once(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")

    async def guarded(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        token.write_text("new")
        return GOOD if request.headers.get("authorization") == "Bearer new" else status(401, "Unauthorized")

    async with serve(guarded, access=replace(ACCESS, credential=BearerToken("", str(token)))) as served:
        assert await served.cluster.get(MAP) == config_map()
        assert [request.headers["authorization"] for request in served.asked] == ["Bearer old", "Bearer new"]


async def test_credentials_that_stay_refused_end_with_a_remedy() -> None:
    async with serve(
        answers(status(401, "Unauthorized")), access=replace(ACCESS, credential=BearerToken("t"))
    ) as served:
        with pytest.raises(RemoteRefused) as caught:
            await served.cluster.get(MAP)
        assert caught.value.code == "unauthorized"
        assert caught.value.problems[0].remedy
        assert len(served.asked) == 1


async def test_new_credentials_are_tried_once_and_not_for_ever(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0")

    async def never(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        token.write_text(token.read_text() + "0")
        return status(401, "Unauthorized")

    async with serve(never, access=replace(ACCESS, credential=BearerToken("", str(token)))) as served:
        with pytest.raises(RemoteRefused):
            await served.cluster.get(MAP)
        assert len(served.asked) == 2


async def test_a_renewed_client_certificate_is_used_for_new_connections(tmp_path: Path) -> None:
    authority = Authority()
    old, new = authority.issue("old"), authority.issue("new")
    (tmp_path / "old").write_bytes(old.certificate)
    seen: list[str] = []

    async def who(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        if found := DISCOVERY.get(request.path):
            return found
        subject = dict(pair[0] for pair in writer.get_extra_info("peercert")["subject"])
        seen.append(subject["commonName"])
        return GOOD if subject["commonName"] == "new" else status(401, "Unauthorized")

    program = tmp_path / "program.py"
    program.write_text(
        "import json, pathlib\n"
        f"used = pathlib.Path({str(tmp_path / 'used')!r})\n"
        f"pairs = {[(pair.certificate.decode(), pair.key.decode()) for pair in (old, new)]!r}\n"
        "certificate, key = pairs[used.exists()]\n"
        "used.touch()\n"
        "print(json.dumps({'kind': 'ExecCredential', 'apiVersion': 'client.authentication.k8s.io/v1',\n"
        "    'status': {'clientCertificateData': certificate, 'clientKeyData': key}}))\n"
    )
    plugin = ExecPlugin((sys.executable, str(program)), (), "client.authentication.k8s.io/v1")
    async with HttpServer(who, tls=authority.server_context("127.0.0.1", demand_client=True)) as server:
        access = replace(ACCESS, server=server.url, ca=authority.ca, credential=plugin)
        cluster = KubernetesCluster(access, clock=SystemClock(), environ={"PATH": os.defpath})
        assert await cluster.get(MAP) == config_map()
        await cluster.close()
    assert seen == ["old", "new"]


async def test_a_server_with_another_certificate_is_refused_at_once() -> None:
    authority, other = Authority(), Authority("other")
    pair = authority.issue("me")

    async def never(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        raise AssertionError("nothing may be sent")

    async with HttpServer(never, tls=other.server_context("127.0.0.1")) as server:
        credential = ClientCertificate(pair.certificate, pair.key)
        access = replace(ACCESS, server=server.url, ca=authority.ca, credential=credential)
        clock = FakeClock()
        cluster = KubernetesCluster(access, clock=clock, environ={})
        with pytest.raises(OperationFailed) as caught:
            await cluster.get(MAP)
        await cluster.close()
    assert caught.value.code == "tlsRefused"
    assert clock.slept == []


async def test_what_was_closed_is_not_opened_again_not_even_by_who_acts_over_it() -> None:
    async with serve(answers(None)) as served:
        theirs = served.cluster.acting_as(Account("ann"))
        await theirs.close()  # they are not its own
        await served.cluster.kinds()
        begun = len(served.asked)
        await served.cluster.close()
        for cluster in (served.cluster, theirs):
            with pytest.raises(OperationFailed) as caught:
                await cluster.get(MAP)
            assert caught.value.code == "connectionsClosed"
        assert len(served.asked) == begun


class Closing:
    """A fence that others close after so many looks."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def is_sure(self) -> bool:
        self.left -= 1
        return self.left >= 0

    async def make_sure(self) -> None:
        raise OperationFailed(Problem("superseded", "somebody else writes"))


@pytest.mark.parametrize("looks", [0, 2, 4])
async def test_before_each_attempt_it_is_asked_whether_it_may_still_be_made(looks: int) -> None:
    async with serve(answers(None)) as served:
        await served.cluster.kinds()
        begun = len(served.asked)
        with behind(Closing(looks)), pytest.raises(OperationFailed) as caught:
            await served.cluster.apply(config_map(), manager="fairlead")
        assert caught.value.code == "superseded"
        assert len(served.asked) - begun == looks // 2


async def test_who_waited_in_line_for_too_long_is_asked_again() -> None:
    async with serve(answers(GOOD)) as served:
        await served.cluster.kinds()
        begun = len(served.asked)
        with behind(Closing(1)), pytest.raises(OperationFailed):
            await served.cluster.apply(config_map(), manager="fairlead")
        assert len(served.asked) == begun
