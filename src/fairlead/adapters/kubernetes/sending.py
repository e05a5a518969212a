"""Sends one request: with the right identity, not too many at once, again while it makes sense."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from copy import copy
from dataclasses import dataclass, field, replace

from fairlead.adapters.kubernetes.credentials import Credentials, Identity
from fairlead.adapters.kubernetes.requests import ApiRequest
from fairlead.adapters.kubernetes.responses import Server, absent, failure, unreachable
from fairlead.adapters.kubernetes.retrying import Patience
from fairlead.adapters.kubernetes.silence import Silence
from fairlead.domain.access import Access, ClientCertificate
from fairlead.domain.accounts import Account, impersonation
from fairlead.domain.errors import OperationFailed, Problem, Transient
from fairlead.doors.dial import Dialer, Response, Stream
from fairlead.doors.dial_failures import Unreachable
from fairlead.doors.gate import Gate
from fairlead.doors.trust import Trust
from fairlead.ports.clock import Clock
from fairlead.ports.fence import is_sure, make_sure

_SECONDS = 60.0  # of one attempt: the API server itself gives up after 60 s


@dataclass(slots=True)
class _Connections:
    """The connections of one owner, by client certificate: once closed, they stay so, whoever else shares them."""

    dialers: dict[ClientCertificate | None, Dialer] = field(default_factory=dict)
    is_closed: bool = False

    def dialer(self, access: Access, certificate: ClientCertificate | None) -> Dialer:
        """Return what carries a certificate; older ones stay until their answers are in.

        Raises:
            OperationFailed: they are closed (`connectionsClosed`).
        """
        if self.is_closed:
            message = f"the connections to {access.server} are closed: nothing is sent any more"
            raise OperationFailed(Problem("connectionsClosed", message))
        found = self.dialers.get(certificate)
        if found is None:
            trust = Trust(
                ca=access.ca,
                client=certificate,
                insecure=access.insecure,
                server_name=access.tls_server_name,
                proxy_url=access.proxy_url,
                connections=0,  # the gate bounds requests; watches are as many as are asked for
            )
            found = self.dialers[certificate] = Dialer(trust)
        return found

    async def close(self) -> None:
        """Close every one, for good."""
        self.is_closed = True
        while self.dialers:
            await self.dialers.popitem()[1].close()


@dataclass(slots=True)
class Sender:
    """One API server as one caller reaches it."""

    access: Access
    credentials: Credentials
    clock: Clock
    patience: Patience = field(default_factory=Patience)
    gate: Gate = field(default_factory=Gate)
    server: Server = field(init=False)
    is_owner: bool = True
    _connections: _Connections = field(default_factory=_Connections)
    _known: bool = False
    _silence: Silence = field(default_factory=Silence)

    def __post_init__(self) -> None:
        self.server = Server(self.access.server, self.access.context)

    async def send(self, request: ApiRequest, *, accept: frozenset[int] = frozenset()) -> Response:
        """Return the good answer, or one whose status is in `accept`; 404 only if Kubernetes itself says it."""
        waited, attempt, renewed = 0.0, 0, False
        while True:
            await make_sure()
            identity = await self.credentials.current()
            once = await self._once(request, identity)
            if once is None:
                continue
            reply, seconds = once
            waited += seconds  # without the time in line, which is our own doing
            if isinstance(reply, Response):
                if reply.status < 300 or (reply.status in accept and (reply.status != 404 or absent(reply))):
                    return reply
                if reply.status == 401 and not renewed and await self.credentials.renew(identity):
                    renewed = True
                    continue
                error = failure(reply, request, self.server)
            else:
                error = unreachable(reply, request, self.server)
            if not isinstance(error, Transient) or not request.patient or (request.once and _may_be_done(reply)):
                raise error
            waiting = max(waited, self._silence.lasted(self.clock.monotonic()))
            pause = self.patience.next_pause(error, attempt=attempt, waited=waiting, known=self._known)
            if pause is None:
                raise error
            await self.clock.sleep(pause)
            waited += pause
            attempt += 1

    @asynccontextmanager
    async def stream(self, request: ApiRequest, *, idle: float) -> AsyncIterator[Stream]:
        """Open one answer to read piece by piece, whatever its status; one attempt, outside the gate."""
        identity = await self.credentials.current()
        async with self._open(request, identity, idle) as stream:
            if stream.status < 500:
                self._silence.broken()
            if stream.status != 401 or not await self.credentials.renew(identity):
                yield stream
                return
        async with self._open(request, await self.credentials.current(), idle) as stream:
            yield stream

    def acting_as(self, account: Account) -> Sender:
        """Return a sender over the same connections whose every request is made as an account."""
        other = copy(self)
        other.access = replace(self.access, account=account)
        other.is_owner = False
        return other

    async def close(self) -> None:
        """Close every connection, if they are its own: of those that act over them, too."""
        if self.is_owner:
            await self._connections.close()

    async def _once(self, request: ApiRequest, identity: Identity) -> tuple[Response | Unreachable, float] | None:
        """Make one attempt, when its turn has come; return how it went and the seconds that it took.

        None: the wait for the turn was so long that it must first be asked again whether it may be made.
        """
        if request.urgent:
            return await self._attempt(request, identity)
        entered, overloaded = await self.gate.enter(), False
        try:
            if not is_sure():
                return None
            reply, seconds = await self._attempt(request, identity)
            overloaded = isinstance(reply, Response) and reply.status == 429
            return reply, seconds
        finally:
            self.gate.leave(entered, overloaded=overloaded)

    async def _attempt(self, request: ApiRequest, identity: Identity) -> tuple[Response | Unreachable, float]:
        began = self.clock.monotonic()
        reply = self._silence.foregone(began)
        if reply is not None:
            return reply, 0.0
        try:
            reply = await self._dialer(identity).request(
                request.method,
                self._url(request),
                headers=self._headers(request, identity),
                body=request.body,
                timeout=_SECONDS,
            )
            self._known = True
        except Unreachable as error:
            reply = error
        ended = self.clock.monotonic()
        self._silence.note(reply, ended)
        return reply, ended - began

    def _open(self, request: ApiRequest, identity: Identity, idle: float) -> AbstractAsyncContextManager[Stream]:
        headers = self._headers(request, identity)
        return self._dialer(identity).stream(request.method, self._url(request), headers=headers, idle=idle)

    def _headers(self, request: ApiRequest, identity: Identity) -> Sequence[tuple[str, str]]:
        """Return the headers of a request: the one place that says who asks, and as whom."""
        who = [("Authorization", identity.authorization)] if identity.authorization else []
        as_whom = impersonation(self.access.account) if self.access.account is not None else ()
        return (*request.headers.items(), ("User-Agent", "fairlead"), *who, *as_whom)

    def _url(self, request: ApiRequest) -> str:
        return self.access.server.rstrip("/") + request.target

    def _dialer(self, identity: Identity) -> Dialer:
        return self._connections.dialer(self.access, identity.certificate)


def _may_be_done(reply: Response | Unreachable) -> bool:
    """Whether the server may have carried out a request that it did not confirm. One it has no time for it did not."""
    return reply.sent if isinstance(reply, Unreachable) else reply.status != 429
