"""Certificates: what they say, and that a TLS library accepts them."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509.oid import NameOID

from fairlead.sandbox.pki import LIFETIME, Authority, Subject, signing_keys

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_certificate_says_who_and_where() -> None:
    subject = Subject("system:node:n1", groups=("system:nodes",), names=("localhost", "10.0.0.1"))
    certificate = x509.load_pem_x509_certificate(Authority(name="ca", now=NOW).issue(subject).certificate)
    [user] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    [group] = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert (user.value, group.value) == ("system:node:n1", "system:nodes")
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("10.0.0.1")]


@pytest.mark.parametrize(
    ("moment", "valid"),
    [
        (NOW - timedelta(hours=2), False),
        (NOW, True),
        (NOW + LIFETIME - timedelta(minutes=1), True),
        (NOW + LIFETIME + timedelta(minutes=1), False),
    ],
)
def test_a_certificate_is_valid_from_shortly_before_it_was_made(moment: datetime, *, valid: bool) -> None:
    certificate = x509.load_pem_x509_certificate(Authority(name="ca", now=NOW).issue(Subject("a")).certificate)
    assert (certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc) is valid


def test_the_authority_vouches_for_what_it_issues() -> None:
    authority = Authority(name="ca", now=NOW)
    ca = x509.load_pem_x509_certificate(authority.pair.certificate)
    issued = x509.load_pem_x509_certificate(authority.issue(Subject("a")).certificate)
    issued.verify_directly_issued_by(ca)
    assert ca.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not issued.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_tls_server_takes_certificate_and_key(tmp_path: Path) -> None:
    pair = Authority(name="ca", now=NOW).issue(Subject("server", names=("localhost",)))
    (tmp_path / "crt").write_bytes(pair.certificate)
    (tmp_path / "key").write_bytes(pair.key)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "crt", tmp_path / "key")


def test_signing_keys_belong_together() -> None:
    pair = signing_keys()
    private = load_pem_private_key(pair.key, None)
    assert private.public_key() == load_pem_public_key(pair.certificate)
    assert pair.key.startswith(b"-----BEGIN EC PRIVATE KEY-----")
