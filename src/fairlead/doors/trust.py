"""Whom a connection believes: authorities, client certificate, proxy, allowed addresses."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from fairlead.domain.access import ClientCertificate
from fairlead.domain.errors import InputError, Problem

Address = IPv4Address | IPv6Address

_METADATA = IPv6Address("fd00:ec2::254")  # of one cloud; the others use link-local addresses


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe and how to get there.

    `ca` is PEM (None: the system's authorities). `allow` is asked about each address right before connecting to it,
    after name resolution, so that no spelling and no changing name gets around it; with a proxy it sees the proxy's.
    `decode` False leaves bodies as they were sent (archives with digests). `connect_timeout` is in seconds.
    """

    ca: bytes | None = None
    client: ClientCertificate | None = None
    insecure: bool = False
    server_name: str | None = None
    proxy_url: str | None = field(default=None, repr=False)
    allow: Callable[[Address], bool] | None = None
    decode: bool = True
    connections: int = 32
    connect_timeout: float = 10.0


def may_contact(address: Address, *, this_machine: bool = False) -> bool:
    """Tell whether somebody that others name may lie at an address: a registry, a pod, who answers webhooks.

    Private networks hold such. What answers on a link-local address, though, is a cloud's metadata service, and
    what answers on this machine is nobody of these unless this machine was named.
    """
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return this_machine
    return not (address.is_link_local or address.is_multicast or address.is_unspecified or address == _METADATA)


def tls_context(trust: Trust) -> ssl.SSLContext:
    """Return the TLS settings that `trust` describes; `InputError` (`certificateInvalid`) for unusable PEM."""
    try:
        context = ssl.create_default_context(cadata=trust.ca.decode("ascii", "ignore") if trust.ca else None)
        if trust.client is not None:
            _load_client(context, trust.client)
    except (ssl.SSLError, ValueError):
        raise InputError(
            Problem(
                code="certificateInvalid",
                message="the certificate authority, client certificate or key is not valid PEM, or they do not match",
                remedy="get new credentials for this cluster or repository",
            )
        ) from None
    # Newer Pythons demand extensions that many cluster authorities, made by older tools, lack; Go clients accept them.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if trust.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _load_client(context: ssl.SSLContext, client: ClientCertificate) -> None:
    # The ssl module takes files only. The password callback keeps an encrypted key from asking on the terminal.
    with tempfile.NamedTemporaryFile(prefix="fairlead-") as file:
        file.write(client.certificate + b"\n" + client.key)
        file.flush()
        context.load_cert_chain(file.name, password=lambda: "")
