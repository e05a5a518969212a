"""The private kubeconfig for `lookup`."""

from __future__ import annotations

import base64
import stat
import tempfile
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from fairlead.adapters.kubernetes.credentials import Identity
from fairlead.adapters.kubernetes.lookup import LookupFile, kubeconfig
from fairlead.domain.access import ClientCertificate
from tests.fakes.apiserver import ACCESS


def test_the_file_is_private_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = LookupFile(ACCESS)
    first = file.write(Identity("Bearer one"))
    assert first == file.write(Identity("Bearer one"))
    assert stat.S_IMODE(Path(first.kubeconfig).stat().st_mode) == 0o600
    assert first.context == "ctx"
    second = file.write(Identity("Bearer two"))
    assert orjson.loads(Path(second.kubeconfig).read_bytes())["users"][0]["user"] == {"token": "two"}
    assert list(tmp_path.iterdir()) == []  # a kill at this point leaves nothing behind
    file.remove()
    file.remove()
    assert not Path(second.kubeconfig).exists()


def test_it_says_what_the_access_says_and_names_no_file() -> None:
    access = replace(ACCESS, ca=b"PEM", tls_server_name="api", proxy_url="http://proxy:1", namespace="shop")
    config = kubeconfig(access, Identity("", ClientCertificate(b"crt", b"key")))
    assert config["clusters"][0]["cluster"] == {
        "server": access.server,
        "certificate-authority-data": base64.b64encode(b"PEM").decode(),
        "tls-server-name": "api",
        "proxy-url": "http://proxy:1",
    }
    assert set(config["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}
    assert config["contexts"][0]["context"]["namespace"] == "shop"


def test_other_identities() -> None:
    basic = Identity("Basic " + base64.b64encode(b"joe:a:b").decode())
    assert kubeconfig(ACCESS, basic)["users"][0]["user"] == {"username": "joe", "password": "a:b"}
    assert kubeconfig(ACCESS, Identity())["users"][0]["user"] == {}
    assert kubeconfig(replace(ACCESS, insecure=True), Identity())["clusters"][0]["cluster"]["insecure-skip-tls-verify"]
