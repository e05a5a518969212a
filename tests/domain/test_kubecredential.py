"""One kubeconfig user, one credential."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from fairlead.domain.access import Anonymous, BasicAuth, BearerToken, ClientCertificate, Credential, ExecPlugin
from fairlead.domain.errors import InputError
from fairlead.domain.kubeconfig import Entry
from fairlead.domain.kubecredential import credential

CERT, KEY = b"certificate", b"key"
CERT_DATA, KEY_DATA = base64.b64encode(CERT).decode(), base64.b64encode(KEY).decode()
PAIR = {"client-certificate-data": CERT_DATA, "client-key-data": KEY_DATA}
V1 = "client.authentication.k8s.io/v1"
PLUGIN = {"apiVersion": V1, "command": "login"}


def user(fields: dict[str, Any]) -> Entry:
    return Entry("u", "/home/ann/.kube/config", "users[0].user", fields)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Anonymous()),
        ({"token": "t"}, BearerToken("t")),
        ({"tokenFile": "t"}, BearerToken("", "/home/ann/.kube/t")),
        ({"token": "t", "tokenFile": "/t"}, BearerToken("t", "/t")),
        ({"username": "ann", "password": "p"}, BasicAuth("ann", "p")),
        ({"username": "ann"}, BasicAuth("ann", "")),
        (PAIR, ClientCertificate(CERT, KEY)),
        ({**PAIR, "token": "t"}, ClientCertificate(CERT, KEY)),
        ({**PAIR, "exec": PLUGIN}, ClientCertificate(CERT, KEY)),
        ({"token": "t", "exec": PLUGIN}, BearerToken("t")),
        ({"username": "ann", "exec": PLUGIN}, BasicAuth("ann", "")),
        (
            {"client-certificate-data": CERT_DATA[:4] + "\n" + CERT_DATA[4:], "client-key": "k"},
            ClientCertificate(CERT, b"k"),
        ),
        ({"client-certificate": "/c", "client-key": "k"}, ClientCertificate(b"c", b"k")),
        ({"exec": PLUGIN}, ExecPlugin(("login",), (), V1)),
        ({"exec": {**PLUGIN, "command": "./bin/login"}}, ExecPlugin(("/home/ann/.kube/./bin/login",), (), V1)),
        ({"exec": {**PLUGIN, "command": "/bin/login"}}, ExecPlugin(("/bin/login",), (), V1)),
        (
            {
                "exec": {
                    "apiVersion": "client.authentication.k8s.io/v1beta1",
                    "command": "login",
                    "args": ["--cluster", "a;b $(c)"],
                    "env": [{"name": "A", "value": "1"}],
                    "provideClusterInfo": True,
                    "installHint": "ask Ann",
                    "interactiveMode": "Never",
                }
            },
            ExecPlugin(
                ("login", "--cluster", "a;b $(c)"),
                (("A", "1"),),
                "client.authentication.k8s.io/v1beta1",
                provide_cluster_info=True,
                install_hint="ask Ann",
            ),
        ),
    ],
)
def test_credentials(fields: dict[str, Any], expected: Credential) -> None:
    assert credential(user(fields), {"/c": b"c", "/home/ann/.kube/k": b"k"}) == expected


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"token": 5}, "kubeconfigInvalid", "users[0].user.token"),
        ({"token": "t", "password": "p"}, "kubeconfigInvalid", "users[0].user"),
        ({"client-certificate-data": CERT_DATA}, "kubeconfigInvalid", "users[0].user"),
        ({"client-key-data": KEY_DATA}, "kubeconfigInvalid", "users[0].user"),
        ({"client-key-data": "not base64"}, "kubeconfigInvalid", "users[0].user.client-key-data"),
        ({"exec": "login"}, "kubeconfigInvalid", "users[0].user.exec"),
        ({"exec": {}}, "kubeconfigInvalid", "users[0].user.exec.command"),
        ({"exec": {"command": "login"}}, "kubeconfigInvalid", "users[0].user.exec.apiVersion"),
        (
            {"exec": {**PLUGIN, "apiVersion": "client.authentication.k8s.io/v1alpha1"}},
            "kubeconfigInvalid",
            "users[0].user.exec.apiVersion",
        ),
        ({"exec": {**PLUGIN, "args": "one"}}, "kubeconfigInvalid", "users[0].user.exec.args"),
        ({"exec": {**PLUGIN, "args": [1]}}, "kubeconfigInvalid", "users[0].user.exec.args"),
        ({"exec": {**PLUGIN, "env": ["A=1"]}}, "kubeconfigInvalid", "users[0].user.exec.env"),
        (
            {"exec": {**PLUGIN, "env": [{"name": "A", "value": 1}]}},
            "kubeconfigInvalid",
            "users[0].user.exec.env[0].value",
        ),
        (
            {"exec": {**PLUGIN, "interactiveMode": "Always"}},
            "kubeconfigUnsupported",
            "users[0].user.exec.interactiveMode",
        ),
        ({"auth-provider": {"name": "gcp"}}, "kubeconfigUnsupported", "users[0].user.auth-provider"),
        ({"token": "t", "as": "root"}, "kubeconfigUnsupported", "users[0].user.as"),
        ({"token": "t", "as-uid": "0"}, "kubeconfigUnsupported", "users[0].user.as-uid"),
        ({"token": "t", "as-groups": ["a"]}, "kubeconfigUnsupported", "users[0].user.as-groups"),
        ({"token": "t", "as-user-extra": {"a": ["b"]}}, "kubeconfigUnsupported", "users[0].user.as-user-extra"),
    ],
)
def test_odd_users_are_errors_at_their_place(fields: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(InputError) as caught:
        credential(user(fields), {})
    assert [(p.code, p.path) for p in caught.value.problems] == [(code, path)]


def test_secrets_never_show_in_the_text_form_of_a_credential() -> None:
    for fields in ({"token": "hunter2"}, {"username": "a", "password": "hunter2"}):
        assert "hunter2" not in repr(credential(user(fields), {}))
