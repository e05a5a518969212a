"""The dialer against a server that can also answer wrongly."""

from __future__ import annotations

import asyncio
import gzip
import tempfile
from pathlib import Path

import pytest

from fairlead.domain.access import ClientCertificate
from fairlead.domain.errors import InputError, OperationFailed
from fairlead.doors.dial import Dialer
from fairlead.doors.dial_failures import Unreachable, without_secrets
from fairlead.doors.trust import Trust
from tests.fakes.certificates import Authority
from tests.fakes.http import Answer, HttpServer, Request

NO_PORT = "http://127.0.0.1:1/"


async def hello(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
    return Answer(body=b"hello")


async def test_an_answer_is_returned_whatever_its_status() -> None:
    async def teapot(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return Answer(418, request.body, {"X-Kind": "Tea"})

    async with HttpServer(teapot) as server:
        dialer = Dialer()
        answer = await dialer.request("POST", server.url + "/a%20b?c=d", headers={"X-A": "1"}, body=b"water")
        await dialer.close()
    assert (answer.status, answer.headers["x-kind"], answer.body) == (418, "Tea", b"water")
    request = server.requests[0]
    assert (request.method, request.path, request.headers["x-a"]) == ("POST", "/a%20b?c=d", "1")


async def test_redirects_are_answers_and_cookies_are_forgotten() -> None:
    async def away(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return Answer(302, b"", {"Location": "/elsewhere", "Set-Cookie": "a=b"})

    async with HttpServer(away) as server:
        dialer = Dialer()
        # By name: cookies of bare addresses are dropped by every client.
        answers = [await dialer.request("GET", f"http://localhost:{server.port}/") for _ in range(2)]
        await dialer.close()
    assert [answer.status for answer in answers] == [302, 302]
    assert [request.path for request in server.requests] == ["/", "/"]
    assert all("cookie" not in request.headers for request in server.requests)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", NO_PORT)
    async with HttpServer(hello) as server:
        dialer = Dialer()
        answer = await dialer.request("GET", server.url)
        await dialer.close()
    assert answer.body == b"hello"


async def test_a_proxy_of_ours_is_used() -> None:
    async with HttpServer(hello) as proxy:
        dialer = Dialer(Trust(proxy_url=proxy.url))
        answer = await dialer.request("GET", "http://somewhere.invalid/x")
        await dialer.close()
    assert answer.body == b"hello"
    assert proxy.requests[0].path == "http://somewhere.invalid/x"


async def test_refused_connections_name_the_address_and_were_not_sent() -> None:
    dialer = Dialer()
    with pytest.raises(Unreachable) as caught:
        await dialer.request("GET", "http://user:word@127.0.0.1:1/path?token=word")
    await dialer.close()
    assert caught.value.code == "unreachable"
    assert not caught.value.sent
    assert "127.0.0.1:1/path" in str(caught.value)
    assert "word" not in str(caught.value)


async def test_an_answer_that_breaks_off_may_have_been_executed() -> None:
    async def half(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return Answer(body=b"half", declared=100) if request.path == "/half" else None

    async with HttpServer(half) as server:
        dialer = Dialer()
        for path in ("/half", "/nothing"):
            with pytest.raises(Unreachable) as caught:
                await dialer.request("POST", server.url + path, body=b"x")
            assert caught.value.sent
        await dialer.close()


async def test_time_is_limited() -> None:
    async def never(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        await asyncio.Event().wait()
        return None

    async with HttpServer(never) as server:
        dialer = Dialer()
        with pytest.raises(Unreachable) as caught:
            await dialer.request("GET", server.url, timeout=0.05)
        assert caught.value.sent
        await dialer.close()


async def test_a_stream_that_falls_silent_ends() -> None:
    async def silent(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        writer.write(Answer(body=b"first", declared=100).encode())
        await asyncio.Event().wait()
        return None

    seen: list[bytes] = []

    async def follow(dialer: Dialer, url: str) -> None:
        async with dialer.stream("GET", url, idle=0.5) as stream:
            async for chunk in stream.chunks():
                seen.append(chunk)  # noqa: PERF401 - what came before the error counts

    async with HttpServer(silent) as server:
        dialer = Dialer()
        with pytest.raises(Unreachable):
            await follow(dialer, server.url)
        await dialer.close()
    assert seen == [b"first"]


@pytest.mark.parametrize("encoding", [None, "gzip"])
async def test_size_is_limited_after_decompression(encoding: str | None) -> None:
    async def big(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        body = b"0" * 5_000_000
        return Answer(body=gzip.compress(body), headers={"Content-Encoding": "gzip"}) if encoding else Answer(body=body)

    async with HttpServer(big) as server:
        dialer = Dialer()
        with pytest.raises(OperationFailed) as caught:
            await dialer.request("GET", server.url, max_bytes=100_000)
        await dialer.close()
    assert caught.value.code == "responseTooLarge"


async def test_bodies_can_stay_as_they_were_sent() -> None:
    packed = gzip.compress(b"archive")

    async def archive(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return Answer(body=packed, headers={"Content-Encoding": "gzip"})

    async with HttpServer(archive) as server:
        raw, decoded = Dialer(Trust(decode=False)), Dialer()
        assert (await raw.request("GET", server.url)).body == packed
        assert (await decoded.request("GET", server.url)).body == b"archive"
        await raw.close()
        await decoded.close()
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1"])
async def test_addresses_are_judged_when_connecting(host: str) -> None:
    async with HttpServer(hello) as server:
        dialer = Dialer(Trust(allow=lambda address: not address.is_loopback))
        with pytest.raises(OperationFailed) as caught:
            await dialer.request("GET", f"http://{host}:{server.port}/")
        await dialer.close()
    assert caught.value.code == "addressRefused"
    assert server.requests == []


@pytest.mark.parametrize("url", ["http://2130706433/", "http:///x", "no scheme", "ftp://127.0.0.1/"])
async def test_odd_addresses_are_refused(url: str) -> None:
    dialer = Dialer()
    with pytest.raises(OperationFailed) as caught:
        await dialer.request("GET", url)
    await dialer.close()
    assert caught.value.code == "urlInvalid"


async def test_tls_needs_the_right_authority() -> None:
    ours, other = Authority(), Authority("another")
    cases = [
        (Trust(ca=ours.ca), None),
        (Trust(ca=other.ca), "tlsRefused"),
        (Trust(), "tlsRefused"),
        (Trust(insecure=True), None),
        (Trust(ca=ours.ca, server_name="other.example"), "tlsRefused"),
    ]
    async with HttpServer(hello, tls=ours.server_context("127.0.0.1")) as server:
        for trust, code in cases:
            assert await _outcome(Dialer(trust), server.url) == code


async def test_a_certificate_for_another_name_is_checked_against_the_name_given() -> None:
    authority = Authority()
    async with HttpServer(hello, tls=authority.server_context("api.example")) as server:
        assert await _outcome(Dialer(Trust(ca=authority.ca, server_name="api.example")), server.url) is None
        assert await _outcome(Dialer(Trust(ca=authority.ca)), server.url) == "tlsRefused"


async def test_a_client_certificate_is_presented() -> None:
    authority = Authority()
    pair = authority.issue("someone")
    trust = Trust(ca=authority.ca, client=ClientCertificate(pair.certificate, pair.key))
    async with HttpServer(hello, tls=authority.server_context("127.0.0.1", demand_client=True)) as server:
        assert await _outcome(Dialer(trust), server.url) is None
        assert await _outcome(Dialer(Trust(ca=authority.ca)), server.url) in {"tlsRefused", "unreachable"}


@pytest.mark.parametrize(
    ("trust", "code"),
    [
        (Trust(ca=b"not a certificate"), "certificateInvalid"),
        (Trust(client=ClientCertificate(b"no", b"no")), "certificateInvalid"),
        (Trust(proxy_url="socks5://user:word@127.0.0.1:1"), "proxyUnsupported"),
    ],
)
def test_unusable_trust_is_an_input_error(trust: Trust, code: str) -> None:
    with pytest.raises(InputError) as caught:
        Dialer(trust)
    assert caught.value.code == code
    assert "word" not in str(caught.value)


def test_keys_leave_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pair = Authority().issue("someone")
    Dialer(Trust(client=ClientCertificate(pair.certificate, pair.key)))
    with pytest.raises(InputError):
        Dialer(Trust(client=ClientCertificate(pair.certificate, b"no key")))
    assert list(tmp_path.iterdir()) == []


def test_shown_urls_carry_no_secrets() -> None:
    assert without_secrets("https://u:p@h:1/a?token=x#y") == "https://h:1/a"


async def _outcome(dialer: Dialer, url: str) -> str | None:
    try:
        await dialer.request("GET", url)
    except OperationFailed as error:
        return error.code
    finally:
        await dialer.close()
    return None
