"""What an API server's answers mean. Nothing here receives.

Absence is only believed when Kubernetes itself says it: a proxy's error page is never an answer about an object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fairlead.adapters.kubernetes.requests import ApiRequest
from fairlead.adapters.kubernetes.verdicts import Status, verdict
from fairlead.adapters.kubernetes.wording import cause_text, scrub
from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused, Transient
from fairlead.domain.joining import joined
from fairlead.doors.dial import Response
from fairlead.doors.dial_failures import Unreachable

_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
_MAX_DELAY = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """Whom we ask: the address and the kubeconfig context, for messages."""

    address: str
    context: str

    def __str__(self) -> str:
        return f"the API server {self.address} (context {self.context})"


def decode(reply: Response, request: ApiRequest, server: Server) -> dict[str, Any]:
    """Return the JSON object of a good answer.

    Raises:
        Transient: `answerBroken`, it is cut short.
        RemoteRefused: `notKubernetes`, somebody else answers there.
    """
    try:
        value = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        if "json" in reply.headers.get("content-type", "json"):
            raise Transient(_problem("answerBroken", request, f"{server} sent broken JSON")) from None
        raise _not_kubernetes(reply, request, server) from None
    if not isinstance(value, dict):
        raise _not_kubernetes(reply, request, server)
    return value


def decode_list(reply: Response, request: ApiRequest, server: Server) -> dict[str, Any]:
    """Return a list; what is none must never pass for an empty one."""
    value = decode(reply, request, server)
    if not str(value.get("kind", "")).endswith("List"):
        raise _not_kubernetes(reply, request, server)
    return value


def decode_discovery(reply: Response, request: ApiRequest, server: Server) -> dict[str, Any]:
    """Return a discovery document; what is none must never pass for a server without kinds."""
    value = decode(reply, request, server)
    if value.get("kind") not in {"APIGroupDiscoveryList", "APIVersions", "APIGroupList", "APIResourceList"}:
        raise _not_kubernetes(reply, request, server)
    return value


def absent(reply: Response) -> bool:
    """Say whether Kubernetes itself says that the object, or its kind, does not exist."""
    if reply.status != 404:
        return False
    status = read_status(reply)
    return status.reason == "NotFound" if status else reply.body.strip() == b"404 page not found"


def warnings(reply: Response) -> tuple[str, ...]:
    """Return what the server warns of, such as deprecated versions."""
    text = reply.headers.get("warning", "")
    return tuple(re.sub(r"\\(.)", r"\1", found) for found in _WARNING.findall(text))


def read_status(reply: Response) -> Status | None:
    """Return the `Status` in an answer, or None when it holds none."""
    try:
        value = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return None
    return Status.of(value) if isinstance(value, dict) and value.get("kind") == "Status" else None


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that the server asks to wait, 0 without a word; Kubernetes sends no dates here."""
    text = headers.get("retry-after", "")
    return min(float(text), _MAX_DELAY) if text.isascii() and text.isdigit() else 0.0


def failure(reply: Response, request: ApiRequest, server: Server) -> OperationFailed:
    """Return the error that an answer other than 2xx means: who must act, and what is wrong."""
    status = read_status(reply)
    if reply.status == 404 and status is None and absent(reply):
        return RemoteRefused(_problem("kindNotServed", request, f"{server} does not serve its kind"), status=404)
    if reply.status == 429 or (reply.status >= 500 and not (status and status.judges_object)):
        return _transient(reply, status, request, server)
    if status is None:
        return _not_kubernetes(reply, request, server)
    meaning = verdict(reply.status, status)
    problem = _problem(meaning.code, request, _explain(status, request, server), meaning.remedy)
    return RemoteRefused(problem, status=reply.status, reason=status.reason)


def _transient(reply: Response, status: Status | None, request: ApiRequest, server: Server) -> Transient:
    delay = retry_after(reply.headers) or 1.0
    if reply.status == 429:
        return Transient(_problem("apiBusy", request, f"{server} is overloaded"), delay_seconds=delay)
    if status is None:
        text = f"{server} answered {reply.status} with a page that is not from Kubernetes"
        remedy = "check the proxy or load balancer in front of the API server"
        return Transient(_problem("apiFailed", request, text, remedy), delay_seconds=delay)
    text = scrub(status.message, request.secrets) or f"status {reply.status}"
    if "failed calling webhook" in status.message:
        remedy = "make the admission webhook's service answer, or remove its configuration"
        return Transient(_problem("webhookFailed", request, text, remedy), delay_seconds=delay)
    return Transient(_problem("apiFailed", request, f"{server}: {text}"), delay_seconds=delay)


def _explain(status: Status, request: ApiRequest, server: Server) -> str:
    if status.code == 401:
        return f"{server} does not accept our credentials"
    if status.causes and status.code in (409, 422):
        return joined(dict.fromkeys(cause_text(field, text, request.secrets) for field, text in status.causes))
    return scrub(status.message, request.secrets) or status.reason or f"status {status.code}"


def unreachable(error: Unreachable, request: ApiRequest, server: Server) -> Unreachable:
    """Return a failed connection as it looks from here: which server, which context."""
    return Unreachable(
        _problem(
            "unreachable",
            request,
            f"{server} is not reachable: {error.reason}",
            "check that the cluster runs and that its address is reachable from here (VPN, proxy, firewall)",
        ),
        sent=error.sent,
        reason=error.reason,
    )


def _not_kubernetes(reply: Response, request: ApiRequest, server: Server) -> RemoteRefused:
    problem = _problem(
        "notKubernetes",
        request,
        f"what answers at {server} is not a Kubernetes API server (status {reply.status})",
        "check the server address, and the proxy or login page in front of it",
    )
    return RemoteRefused(problem, status=reply.status)


def _problem(code: str, request: ApiRequest, text: str, remedy: str | None = None) -> Problem:
    return Problem(code=code, message=f"cannot {request.verb} {request.subject}: {text}", remedy=remedy)
