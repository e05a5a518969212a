"""What went wrong with a connection, in our words: the part of the dialer that knows its library's exceptions."""

from __future__ import annotations

import os
import socket
import ssl
from urllib.parse import urlsplit

import aiohttp  # noqa: TID251 - half of the door the ban points to

from fairlead.domain.errors import OperationFailed, Problem, Transient


class Unreachable(Transient):
    """There was no answer, for `reason`. `sent` is False when the other side certainly never saw the request."""

    def __init__(self, problem: Problem, *, sent: bool, reason: str) -> None:
        super().__init__(problem)
        self.sent = sent
        self.reason = reason


def without_secrets(url: str) -> str:
    """Return a URL as it may be shown: no user name, no password, no query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class AddressRefusedError(OSError):
    """`Trust.allow` said no. An OSError with one fixed text, because the pool only passes those on unharmed."""

    def __init__(self) -> None:
        super().__init__("address refused")


class translated:  # noqa: N801 - used as a statement: `with translated(url)`
    """Turns the library's exceptions into ours. A class, because generators as context managers cost twice the time."""

    __slots__ = ("_shown",)

    def __init__(self, shown: str) -> None:
        self._shown = shown

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, aiohttp.ClientError | TimeoutError | OSError | ValueError):
            raise _failure(self._shown, error) from None


def _failure(shown: str, error: Exception) -> OperationFailed:
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError() | ssl.SSLError():
            return OperationFailed(
                Problem(
                    code="tlsRefused",
                    message=f"{shown}: no trusted connection: {_tls_reason(error)}",
                    remedy="check the certificate authority that is configured for this address",
                )
            )
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, AddressRefusedError):
            return OperationFailed(
                Problem(code="addressRefused", message=f"{shown} leads to an address that may not be contacted")
            )
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError() | ValueError():
            return OperationFailed(Problem(code="urlInvalid", message=f"{shown} is not a usable address"))
        case aiohttp.ClientConnectorError():
            return _unreachable(shown, _os_reason(error.os_error), sent=False)
    for kind, reason, sent in _LOSSES:
        if isinstance(error, kind):
            return _unreachable(shown, reason, sent=sent)
    return _unreachable(shown, "the connection was lost", sent=True)


# Most special first: some of these derive from others.
_LOSSES: tuple[tuple[type[Exception], str, bool], ...] = (
    (aiohttp.ClientHttpProxyError, "the proxy refused the connection", False),
    (aiohttp.ConnectionTimeoutError, "no connection in time", False),
    (TimeoutError, "no answer in time", True),
    (aiohttp.ClientPayloadError, "the answer broke off", True),
)


def _unreachable(shown: str, reason: str, *, sent: bool) -> Unreachable:
    return Unreachable(
        Problem(
            code="unreachable",
            message=f"{shown} is not reachable: {reason}",
            remedy="check the address, the network and that the other side is running",
        ),
        sent=sent,
        reason=reason,
    )


def _os_reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    return os.strerror(error.errno).lower() if error.errno else "the connection was lost"


def _tls_reason(error: BaseException) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return _tls_reason(error.certificate_error)
        case aiohttp.ClientConnectorSSLError():
            return _tls_reason(error.os_error)
        case ssl.SSLCertVerificationError():
            return error.verify_message
        case ssl.SSLError() if error.reason:
            return error.reason
        case _:
            return "handshake failed"
