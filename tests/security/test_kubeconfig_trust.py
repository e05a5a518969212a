"""S8: a kubeconfig that came with a repository or over the API is data, and starts or reads nothing."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import InputError
from fairlead.domain.kubeconfig import KubeconfigDocument, Trust, merge
from fairlead.domain.kubecontext import Context, access, files_to_read, find_context

PLUGIN = {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/sh", "args": ["-c", "touch /tmp/canary"]}

FORBIDDEN = [
    ("cluster", "certificate-authority", "/etc/shadow"),
    ("cluster", "insecure-skip-tls-verify", True),
    ("user", "exec", PLUGIN),
    ("user", "auth-provider", {"name": "gcp", "config": {"cmd-path": "/bin/sh"}}),
    ("user", "tokenFile", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
    ("user", "client-certificate", "/etc/shadow"),
    ("user", "client-key", "/etc/shadow"),
]


def context(cluster: dict[str, Any], user: dict[str, Any]) -> Context:
    content = {
        "current-context": "main",
        "clusters": [{"name": "c", "cluster": {"server": "https://k8s.test", **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "main", "context": {"cluster": "c", "user": "u"}}],
    }
    return find_context(merge([KubeconfigDocument("/repo/kubeconfig", content)]))


@pytest.mark.parametrize(("entry", "key", "value"), FORBIDDEN)
def test_a_foreign_kubeconfig_may_not(entry: str, key: str, value: object) -> None:
    found = context({key: value} if entry == "cluster" else {}, {key: value} if entry == "user" else {"token": "t"})
    for attempt in (
        lambda: files_to_read(found, Trust.FOREIGN),
        lambda: access(found, namespace="shop", trust=Trust.FOREIGN, files={"/etc/shadow": b"root"}),
    ):
        with pytest.raises(InputError) as caught:
            attempt()
        assert [(p.code, p.path) for p in caught.value.problems] == [
            ("kubeconfigForbidden", f"{entry}s[0].{entry}.{key}")
        ]


def test_everything_that_is_forbidden_is_named_at_once() -> None:
    found = context(
        {key: value for entry, key, value in FORBIDDEN if entry == "cluster"},
        {key: value for entry, key, value in FORBIDDEN if entry == "user"},
    )
    with pytest.raises(InputError) as caught:
        files_to_read(found, Trust.FOREIGN)
    assert [p.path for p in caught.value.problems] == [f"{entry}s[0].{entry}.{key}" for entry, key, _ in FORBIDDEN]


def test_what_is_data_only_is_taken_from_anyone() -> None:
    found = context({"insecure-skip-tls-verify": False, "certificate-authority-data": "AAAA"}, {"token": "t"})
    assert files_to_read(found, Trust.FOREIGN) == ()
    assert access(found, namespace="shop", trust=Trust.FOREIGN, files={}).server == "https://k8s.test"


@pytest.mark.parametrize(("entry", "key", "value"), [row for row in FORBIDDEN if row[1] != "auth-provider"])
def test_the_operators_own_kubeconfig_may(entry: str, key: str, value: object) -> None:
    pair = {"client-certificate": "/etc/shadow", "client-key": "/etc/shadow"}
    user = pair if key in pair else {key: value}
    found = context({key: value} if entry == "cluster" else {}, user if entry == "user" else {"token": "t"})
    files = dict.fromkeys(files_to_read(found, Trust.OPERATOR), b"pem")
    assert access(found, namespace="shop", trust=Trust.OPERATOR, files=files).server == "https://k8s.test"
