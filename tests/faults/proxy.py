"""Stands between a client and a real API server, keeps a list of what was asked, and does damage as a rule says.

    async with FaultProxy(upstream) as proxy:
        kubeconfig.write_bytes(proxy.kubeconfig())
        child = await start(program)
        proxy.begin(at_write(3, HangUp(committed=True, signal=SIGKILL)), victim=child.send_signal)
        ...
        proxy.writes                        what arrived, in this order

Towards the client it has a certificate of an authority of its own. Towards the server it passes a bearer token on, and
otherwise shows the client certificate of `upstream`. Which damage is done to which request is decided in `rules`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from signal import Signals
from types import TracebackType
from typing import Self

import orjson

from bench.connections import wall_clock
from fairlead.domain.access import ClientCertificate
from fairlead.doors.dial import Dialer
from fairlead.doors.dial_failures import Unreachable
from fairlead.doors.trust import Trust
from fairlead.sandbox.kubeconfig import Access, kubeconfig
from tests.fakes.certificates import Authority
from tests.fakes.http import Answer as Reply
from tests.fakes.http import HttpServer, Request, json_answer
from tests.faults.rules import Answer, Call, Cut, Forward, HangUp, Hold, Rule, untouched

_REQUEST_HEADERS = ("accept", "authorization", "content-type", "user-agent")
_REPLY_HEADERS = ("content-type", "retry-after", "warning")
_LONGEST_SECONDS = 90.0
_ADDRESS = "127.0.0.1"

Victim = Callable[[Signals], None]


@dataclass(frozen=True, slots=True)
class Done:
    """A write that the server carried out. Times are seconds since 1970.

    Nothing that follows from it happened before it `arrived`, and everything that was before it `answered` is over.
    `version` is the resource version that it left, 0 where the answer tells none.
    """

    call: Call
    arrived: float
    answered: float
    version: int


@dataclass
class FaultProxy:
    """One way to one API server. `rule` decides, and may be changed at any time.

    `calls` is all that was asked since `begin`, `done` the writes among it that the server carried out.
    `stopped` is set once a request is kept back.
    """

    upstream: Access
    rule: Rule = untouched
    calls: list[Call] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    struck: Call | None = None
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    _victim: Victim | None = None
    _written: int = 0
    _streams: set[asyncio.StreamWriter] = field(default_factory=set)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _now: Callable[[], float] = field(default_factory=wall_clock)

    async def __aenter__(self) -> Self:
        authority, upstream = Authority("fault proxy"), self.upstream
        self._authority = authority.ca
        self._server = HttpServer(self._handle, tls=authority.server_context(_ADDRESS))
        certificate = ClientCertificate(upstream.client.certificate, upstream.client.key)
        self._certified = Dialer(Trust(ca=upstream.authority, client=certificate, connections=0))
        self._bare = Dialer(Trust(ca=upstream.authority, connections=0))
        for dialer in (self._certified, self._bare):
            self._stack.push_async_callback(dialer.close)
        await self._stack.enter_async_context(self._server)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def kubeconfig(self) -> bytes:
        """Return a kubeconfig that leads here, with the context of the cluster itself."""
        return kubeconfig([replace(self.upstream, server=self._server.url, authority=self._authority)])

    @property
    def writes(self) -> list[Call]:
        """The writes that arrived since `begin`."""
        return [call for call in self.calls if call.number]

    @property
    def accepted(self) -> list[Call]:
        """The writes since `begin` that the server carried out."""
        return [one.call for one in self.done]

    def begin(self, rule: Rule = untouched, *, victim: Victim | None = None) -> None:
        """Count anew, under this rule. `victim` takes the signals that the rule sends."""
        self.rule, self._victim, self._written, self.struck = rule, victim, 0, None
        self.stopped.clear()
        self.calls.clear()
        self.done.clear()

    def resume(self) -> None:
        """Let a client go on that was stopped."""
        self._send(Signals.SIGCONT)

    def cut_watches(self) -> int:
        """Reset every watch that is open, and return how many there were."""
        count = len(self._streams)
        for writer in list(self._streams):
            writer.transport.abort()
        return count

    async def _handle(self, request: Request, writer: asyncio.StreamWriter) -> Reply | None:
        call = Call.of(request.method, request.path, request.body)
        if call.is_write:
            self._written += 1
            call = replace(call, number=self._written)
        self.calls.append(call)
        action = self.rule(call)
        if not isinstance(action, Forward):
            self.struck = call
        try:
            match action:
                case Forward():
                    await asyncio.sleep(action.delay)
                    return await self._passed_on(call, request, writer)
                case Cut():
                    await self._stream(request, writer, limit=action.after_bytes)
                    return None
                case Answer():
                    if action.committed:
                        await self._asked(call, request)
                    return json_answer(action.body, action.status, **action.headers)
                case Hold():
                    self._send(action.signal)
                    self.stopped.set()
                    await action.released.wait()
                    return await self._passed_on(call, request, writer)
                case HangUp():
                    await self._hang_up(action, call, request, writer)
                    return None
        except Unreachable:
            writer.transport.abort()  # the server is away, and the client shall see just that
            return None

    def _send(self, signal: Signals | None) -> None:
        if signal is not None and self._victim is not None:
            self._victim(signal)

    async def _hang_up(self, action: HangUp, call: Call, request: Request, writer: asyncio.StreamWriter) -> None:
        if action.committed:
            await self._asked(call, request)
        self._send(action.signal)
        writer.transport.abort()

    async def _passed_on(self, call: Call, request: Request, writer: asyncio.StreamWriter) -> Reply | None:
        if call.is_watch:
            await self._stream(request, writer)
            return None
        return await self._asked(call, request)

    async def _asked(self, call: Call, request: Request) -> Reply:
        arrived = self._now()
        reply = await self._dialer(request).request(
            request.method,
            self.upstream.server + request.path,
            headers=_kept(request.headers, _REQUEST_HEADERS),
            body=request.body or None,
            timeout=_LONGEST_SECONDS,
        )
        if call.is_write and reply.status < 300:
            self.done.append(Done(call, arrived, self._now(), _version(reply.body)))
        return Reply(reply.status, reply.body, _kept(reply.headers, _REPLY_HEADERS))

    async def _stream(self, request: Request, writer: asyncio.StreamWriter, *, limit: int | None = None) -> None:
        """Pass an answer on as it arrives, in chunks (RFC 9112, 7.1)."""
        self._streams.add(writer)
        headers = _kept(request.headers, _REQUEST_HEADERS)
        url = self.upstream.server + request.path
        try:
            async with self._dialer(request).stream(request.method, url, headers=headers, idle=_LONGEST_SECONDS) as got:
                kind = got.headers.get("content-type", "")
                head = f"HTTP/1.1 {got.status} X\r\nTransfer-Encoding: chunked\r\nContent-Type: {kind}\r\n\r\n"
                writer.write(head.encode())
                left = limit
                async for chunk in got.chunks():
                    piece = chunk if left is None else chunk[:left]
                    writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b"")
                    await writer.drain()
                    left = None if left is None else left - len(piece)
                    if left == 0:
                        writer.transport.abort()
                        return
                writer.write(b"0\r\n\r\n")
                await writer.drain()
        finally:
            self._streams.discard(writer)

    def _dialer(self, request: Request) -> Dialer:
        return self._bare if "authorization" in request.headers else self._certified


def _version(body: bytes) -> int:
    left = orjson.loads(body) if body else {}
    return int(left.get("metadata", {}).get("resourceVersion") or 0)


def _kept(headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}
