"""Identities: kept while good, renewed when not, and never run for nothing."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fairlead.adapters.kubernetes.credentials import Identity, credentials, exec_info, read_exec_credential
from fairlead.domain.access import Anonymous, BasicAuth, BearerToken, ClientCertificate, Credential, ExecPlugin
from fairlead.domain.errors import OperationFailed
from tests.fakes.apiserver import ACCESS
from tests.fakes.clock import FakeClock

V1 = "client.authentication.k8s.io/v1"
CERTIFICATE = ClientCertificate(b"crt", b"key")


@pytest.mark.parametrize(
    ("credential", "identity"),
    [
        (Anonymous(), Identity()),
        (BearerToken("t"), Identity("Bearer t")),
        (CERTIFICATE, Identity(certificate=CERTIFICATE)),
        (BasicAuth("joe", "pä"), Identity("Basic " + base64.b64encode("joe:pä".encode()).decode())),
    ],
)
async def test_fixed_identities(credential: Credential, identity: Identity) -> None:
    source = credentials(replace(ACCESS, credential=credential), clock=FakeClock(), environ={})
    assert await source.current() == identity
    assert not await source.renew(identity)


def test_identities_do_not_show_themselves() -> None:
    assert "secret" not in repr(Identity("Bearer secret", ClientCertificate(b"crt", b"secret")))


async def test_a_token_file_is_read_again_after_a_minute_or_a_refusal(tmp_path: Path) -> None:
    file, clock = tmp_path / "token", FakeClock()
    file.write_text("one\n")
    source = credentials(replace(ACCESS, credential=BearerToken("", str(file))), clock=clock, environ={})
    assert await source.current() == Identity("Bearer one")
    file.write_text("two\n")
    assert await source.current() == Identity("Bearer one")
    clock.advance(61)
    assert await source.current() == Identity("Bearer two")
    assert not await source.renew(Identity("Bearer two"))
    file.write_text("three")
    assert await source.renew(Identity("Bearer two"))
    assert await source.current() == Identity("Bearer three")


async def test_a_token_beside_a_file_counts_when_the_file_is_gone(tmp_path: Path) -> None:
    missing = str(tmp_path / "token")
    spare = credentials(replace(ACCESS, credential=BearerToken("spare", missing)), clock=FakeClock(), environ={})
    assert await spare.current() == Identity("Bearer spare")
    none = credentials(replace(ACCESS, credential=BearerToken("", missing)), clock=FakeClock(), environ={})
    with pytest.raises(OperationFailed) as caught:
        await none.current()
    assert caught.value.code == "credentialsMissing"


class Script:
    """A credential program that notes each run and prints `status`."""

    def __init__(self, directory: Path) -> None:
        self.runs = directory / "runs"
        self.status = directory / "status"
        self.code = (
            "import os,sys;"
            f"open({str(self.runs)!r},'a').write(os.environ['KUBERNETES_EXEC_INFO']+os.environ.get('EXTRA','')+'\\n');"
            f"sys.stdout.write(open({str(self.status)!r}).read())"
        )

    def says(self, **status: Any) -> None:
        self.status.write_text(json.dumps({"kind": "ExecCredential", "apiVersion": V1, "status": status}))

    def plugin(self, code: str | None = None) -> ExecPlugin:
        return ExecPlugin((sys.executable, "-S", "-c", code or self.code), (("EXTRA", "added"),), V1)

    @property
    def count(self) -> int:
        return len(self.runs.read_text().splitlines()) if self.runs.exists() else 0


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


def source_of(plugin: ExecPlugin, clock: FakeClock) -> Any:
    return credentials(replace(ACCESS, credential=plugin), clock=clock, environ={"PATH": os.defpath})


async def test_a_program_runs_once_for_many_until_its_token_expires(script: Script) -> None:
    clock = FakeClock()
    expires = (clock.now() + timedelta(minutes=10)).isoformat()
    script.says(token="one", expirationTimestamp=expires)
    source = source_of(script.plugin(), clock)
    found = await asyncio.gather(*(source.current() for _ in range(5)))
    assert set(found) == {Identity("Bearer one")}
    assert script.count == 1
    script.says(token="two")
    clock.advance(9 * 60)
    assert await source.current() == Identity("Bearer one")
    clock.advance(50)
    assert await source.current() == Identity("Bearer two")
    assert script.count == 2
    assert script.runs.read_text().splitlines()[0].endswith("added")


async def test_a_refused_token_is_renewed_once_for_all(script: Script) -> None:
    script.says(token="one")
    source = source_of(script.plugin(), FakeClock())
    rejected = await source.current()
    script.says(token="two")
    assert await asyncio.gather(*(source.renew(rejected) for _ in range(3))) == [True, True, True]
    assert await source.renew(rejected)
    assert script.count == 2
    assert not await source.renew(await source.current())


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("import sys; sys.stderr.write('log in first'); sys.exit(3)", "log in first"),
        ("print('no json')", "ExecCredential"),
    ],
)
async def test_a_failing_program_is_named_and_its_output_kept_back(script: Script, code: str, shown: str) -> None:
    with pytest.raises(OperationFailed) as caught:
        await source_of(script.plugin(code), FakeClock()).current()
    assert caught.value.code == "credentialPluginFailed"
    assert shown in str(caught.value)
    assert "no json" not in str(caught.value)


async def test_a_missing_program_comes_with_its_hint() -> None:
    plugin = ExecPlugin(("/nowhere/login",), (), V1, install_hint="get it from the portal")
    with pytest.raises(OperationFailed) as caught:
        await source_of(plugin, FakeClock()).current()
    assert caught.value.problems[0].remedy == "get it from the portal"


async def test_old_protocols_are_refused() -> None:
    plugin = ExecPlugin(("/bin/true",), (), "client.authentication.k8s.io/v1alpha1")
    with pytest.raises(OperationFailed) as caught:
        await source_of(plugin, FakeClock()).current()
    assert caught.value.code == "credentialPluginFailed"


def credential_json(api_version: str = V1, kind: str = "ExecCredential", **status: Any) -> bytes:
    return json.dumps({"kind": kind, "apiVersion": api_version, "status": status}).encode()


def test_certificates_are_read() -> None:
    output = credential_json(clientCertificateData="crt", clientKeyData="key")
    assert read_exec_credential(output, V1) == (Identity(certificate=CERTIFICATE), None)


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"{}",
        credential_json(),
        credential_json(clientCertificateData="crt"),
        credential_json(kind="Config", token="t"),
        credential_json("client.authentication.k8s.io/v1beta1", token="t"),
        credential_json(token="t", expirationTimestamp="tomorrow"),
        credential_json(token="t", expirationTimestamp="2026-11-21T12:00:00"),
    ],
)
def test_anything_else_is_none(output: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_exec_credential(output, V1)


def test_programs_learn_about_the_cluster_if_they_ask() -> None:
    access = replace(ACCESS, ca=b"PEM", tls_server_name="api", proxy_url="http://p", insecure=False)
    plugin = ExecPlugin(("x",), (), V1)
    assert exec_info(plugin, access)["spec"] == {"interactive": False}
    told = exec_info(replace(plugin, provide_cluster_info=True), access)["spec"]["cluster"]
    assert told == {
        "server": access.server,
        "certificate-authority-data": base64.b64encode(b"PEM").decode(),
        "tls-server-name": "api",
        "proxy-url": "http://p",
    }
    assert exec_info(replace(plugin, provide_cluster_info=True), replace(ACCESS, insecure=True))["spec"]["cluster"][
        "insecure-skip-tls-verify"
    ]
