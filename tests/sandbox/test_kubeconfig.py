"""Kubeconfig files."""

from __future__ import annotations

import base64
import json

from fairlead.sandbox.kubeconfig import Access, kubeconfig
from fairlead.sandbox.pki import KeyPair


def test_every_access_is_a_context_and_the_first_is_current() -> None:
    one = Access("sandbox-1", "https://10.0.0.1:1", b"CA1", KeyPair(b"CRT1", b"KEY1"))
    two = Access("sandbox-2", "https://10.0.0.2:2", b"CA2", KeyPair(b"CRT2", b"KEY2"))
    document = json.loads(kubeconfig([one, two]))
    assert document["current-context"] == "sandbox-1"
    assert [entry["name"] for entry in document["contexts"]] == ["sandbox-1", "sandbox-2"]
    [_, cluster] = document["clusters"]
    [_, user] = document["users"]
    assert cluster["cluster"]["server"] == "https://10.0.0.2:2"
    assert base64.b64decode(cluster["cluster"]["certificate-authority-data"]) == b"CA2"
    assert base64.b64decode(user["user"]["client-key-data"]) == b"KEY2"


def test_keys_are_not_shown() -> None:
    access = Access("a", "https://a", b"CA", KeyPair(b"CRT", b"SECRET"))
    assert "SECRET" not in repr(access) + repr(access.client)
