"""One request to the API: who asks for what, decided before its handler runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import Request

from fairlead.domain.authorising.actions import POLICIES, Action
from fairlead.domain.authorising.auditing import ALLOWED, AuditEntry, caller_text, resource_text
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.authorising.deciding import Denied, Resource, authorise
from fairlead.domain.keeping.answers import GivenAnswer, KeyReused, Missing, Once, Stale
from fairlead.domain.keeping.deployments import StoredDeployment
from fairlead.domain.keeping.descriptors import StoredDescriptor
from fairlead.domain.scopes import Scope
from fairlead.domain.units import UnitKey
from fairlead.pipeline.authorising.admission import Admission
from fairlead.ports.administration import Administration
from fairlead.ports.clock import Clock
from fairlead.ports.store import Store
from fairlead.server.api.unit_wire import LONGEST_REASON
from fairlead.server.deploying import Deployer
from fairlead.server.metrics import Metrics
from fairlead.server.problems import Declined, declined, denied, not_found
from fairlead.server.rates import Rates
from fairlead.server.rollouts import Checked, Rollouts
from fairlead.server.streams.hub import Hub
from fairlead.server.webhooks import Webhooks

_LONGEST_KEY: Final = 255
_LONGEST_PATH: Final = 500
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_ANYBODY: Final = Caller("anybody", Role.VIEWER, Scope(clusters=frozenset()))

S = TypeVar("S", StoredDeployment, StoredDescriptor)
Found = StoredDeployment | StoredDescriptor | UnitKey | Checked | Scope | None


@dataclass(frozen=True, slots=True)
class Api:
    """Everything that the routes need. `busy` is told of units that have something to do.

    `webhooks` takes deliveries, None where none are taken.
    """

    store: Store
    administration: Administration
    admission: Admission
    rollouts: Rollouts
    hub: Hub
    clock: Clock
    identifier: Callable[[], str]
    busy: Callable[[UnitKey], None]
    metrics: Metrics = field(default_factory=Metrics)
    rates: Rates = field(default_factory=Rates)
    ready: Callable[[], bool] = lambda: True
    webhooks: Webhooks | None = None

    @property
    def deployer(self) -> Deployer:
        """What begins deployments."""
        return Deployer(self.store, self.rollouts, self.clock, self.identifier, self.busy)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about: what was found, and what a caller needs rights on. None: there is no such thing."""

    found: Found
    resource: Resource


About = Callable[[Api, Request], Awaitable[Subject | None]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is allowed. `scope` is what a list may hold, `once` the wish to be done once, if it has one."""

    api: Api
    request: Request
    action: Action
    caller: Caller
    scope: Scope
    found: Found
    once: Once | None = None

    @property
    def deployment(self) -> StoredDeployment:
        """The deployment that the request is about."""
        assert isinstance(self.found, StoredDeployment)
        return self.found

    @property
    def descriptor(self) -> StoredDescriptor:
        """The descriptor that the request is about."""
        assert isinstance(self.found, StoredDescriptor)
        return self.found

    @property
    def unit(self) -> UnitKey:
        """The unit that the request is about."""
        assert isinstance(self.found, UnitKey)
        return self.found

    @property
    def checked(self) -> Checked:
        """The descriptor in the body."""
        assert isinstance(self.found, Checked)
        return self.found

    def expect_revision(self, present: int) -> None:
        """Refuse when the request names another revision than the present one (`If-Match`)."""
        wanted = self.request.headers.get("if-match")
        if wanted not in (None, "*", etag(present)):
            raise _stale(present)


def etag(revision: int) -> str:
    """Return the ETag of a revision."""
    return f'"{revision}"'


def stored(answer: S | Missing | Stale) -> S:
    """Return what a store made of a change.

    Raises:
        Declined: somebody else has changed or removed it meanwhile.
    """
    match answer:
        case Missing():
            raise not_found()
        case Stale(revision=revision):
            raise _stale(revision)
        case _:
            return answer


def _stale(revision: int) -> Declined:
    message = f"it was changed meanwhile: its ETag is {etag(revision)}"
    return declined(HTTPStatus.PRECONDITION_FAILED, "stale", message, "read it again, and send that ETag in If-Match")


class Again(Exception):
    """Ends the handling of a request with what it was answered before."""

    def __init__(self, answer: GivenAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def key_reused() -> Declined:
    """Return the refusal of a key that stood for another request."""
    message = "this Idempotency-Key was sent before with another request"
    return declined(HTTPStatus.UNPROCESSABLE_ENTITY, "keyReused", message, "send a new UUID for each request")


@dataclass(frozen=True, slots=True)
class Guard:
    """Stands before a handler: nobody gets past without a right to the action. `has_reason`: the body may say why."""

    action: Action
    about: About
    has_reason: bool = False

    async def __call__(self, request: Request) -> None:
        """Decide, and leave the call for the handler; write down what changes something, and what was denied."""
        api: Api = request.app.state.api
        caller = await api.admission.caller(_token(request))
        api.rates.take(
            f"address {_source(request)}" if caller is None else caller.token or caller.name, api.clock.monotonic()
        )
        policy = POLICIES[self.action]
        if caller is None and policy.role is not None:
            decision = authorise(None, self.action)
            assert isinstance(decision, Denied)
            await self._write_down(api, request, caller, None, decision.problem.code)
            raise denied(decision)
        if caller is not None and caller.token is None and policy.role is not None:
            _require_own_name(request)
        once = await self._once(api, request, caller)
        subject = await self.about(api, request)
        if subject is None:
            raise not_found()
        decision = authorise(caller, self.action, subject.resource)
        if isinstance(decision, Denied):
            await self._write_down(api, request, caller, subject.resource, decision.problem.code)
            raise denied(decision)
        if policy.changes:
            reason = await _reason(request) if self.has_reason else ""
            await self._write_down(api, request, caller, subject.resource, ALLOWED, reason)
        request.state.call = Call(api, request, self.action, caller or _ANYBODY, decision.scope, subject.found, once)

    async def _once(self, api: Api, request: Request, caller: Caller | None) -> Once | None:
        """Return the wish to be done once, of who may ask at all.

        Raises:
            Again: it was done, and this was the answer.
            Declined: the key is none, or was sent with another request.
        """
        policy, key = POLICIES[self.action], request.headers.get("idempotency-key")
        if key is None or caller is None or not policy.changes:
            return None
        if policy.role is not None and not caller.role.includes(policy.role):
            return None
        once = await _wish(request, caller, key)
        match await api.store.requests.answer(once):
            case GivenAnswer() as given:
                raise Again(given)
            case KeyReused():
                raise key_reused()
            case None:
                return once

    async def _write_down(
        self, api: Api, request: Request, caller: Caller | None, resource: Resource, result: str, reason: str = ""
    ) -> None:
        detail = {"method": request.method, "path": request.url.path[:_LONGEST_PATH]}
        if reason:
            detail["reason"] = reason
        entry = AuditEntry(
            at=api.clock.now(),
            caller=caller_text(caller),
            action=self.action.value,
            resource=resource_text(resource),
            result=result,
            source=_source(request),
            detail=detail,
        )
        await api.administration.audit.append(entry)


async def call_of(request: Request) -> Call:
    """Return the call that a guard allowed."""
    call: Call = request.state.call
    return call


Asked = Annotated[Call, Depends(call_of)]


def _source(request: Request) -> str:
    return request.client.host if request.client is not None else "unknown"


def _require_own_name(request: Request) -> None:
    """Refuse, of requests without a token, those for another name: a page of that name could have sent them.

    Whoever reaches a loopback without tokens is its owner, and so would be any page whose name leads there.
    """
    try:
        name = urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        name = None
    if name not in _LOOPBACK:
        message = "without tokens, only requests for this machine by its own name are answered"
        raise declined(HTTPStatus.FORBIDDEN, "foreignHost", message, "call it as http://127.0.0.1, or make a token")


async def _wish(request: Request, caller: Caller, key: str) -> Once:
    if not 0 < len(key) <= _LONGEST_KEY or not key.isprintable():
        message = f"an Idempotency-Key has 1 to {_LONGEST_KEY} printable characters"
        raise declined(HTTPStatus.BAD_REQUEST, "invalidKey", message, "send a new UUID for each request")
    sent = hashlib.sha256()
    for part in (request.method, str(request.url.path), str(request.url.query)):
        sent.update(part.encode() + b"\0")
    sent.update(await request.body())
    return Once(caller.token or caller.name, key, sent.hexdigest())


async def _reason(request: Request) -> str:
    """Return the reason that a body gives; what it is besides, the handler finds out."""
    try:
        sent = json.loads(await request.body())
    except (ValueError, RecursionError):
        return ""
    reason = sent.get("reason") if isinstance(sent, dict) else None
    return reason[:LONGEST_REASON] if isinstance(reason, str) else ""


def _token(request: Request) -> str | None:
    """Return what is shown as a token, None when nothing is; something else than a token opens nothing."""
    shown = request.headers.get("authorization")
    if shown is None:
        return None
    scheme, _, token = shown.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
