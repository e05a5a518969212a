"""Contexts become access; fingerprints tell clusters apart. Trust has its table in tests/security."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.access import Access, Anonymous, BearerToken
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.kubeconfig import Kubeconfig, KubeconfigDocument, Trust, merge
from fairlead.domain.kubecontext import access, files_to_read, find_context, fingerprint

FILE = "/home/ann/.kube/config"
PEM = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"


def config(
    cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None, context: dict[str, Any] | None = None
) -> Kubeconfig:
    content = {
        "current-context": "main",
        "clusters": [{"name": "c", "cluster": {"server": "https://k8s.test:6443"} | (cluster or {})}],
        "users": [{"name": "u", "user": user or {}}],
        "contexts": [{"name": "main", "context": {"cluster": "c", "user": "u"} | (context or {})}],
    }
    return merge([KubeconfigDocument(FILE, content)])


def reach(found: Kubeconfig, files: dict[str, bytes] | None = None) -> Access:
    return access(find_context(found), namespace="shop", trust=Trust.OPERATOR, files=files or {})


def test_a_whole_context() -> None:
    cluster = {
        "certificate-authority-data": base64.b64encode(PEM).decode(),
        "tls-server-name": "inner.test",
        "proxy-url": "http://proxy.test:3128",
    }
    assert reach(config(cluster, {"token": "t"}, {"namespace": "not-ours"})) == Access(
        context="main",
        server="https://k8s.test:6443",
        namespace="shop",
        ca=PEM,
        insecure=False,
        tls_server_name="inner.test",
        proxy_url="http://proxy.test:3128",
        credential=BearerToken("t"),
        fingerprint=fingerprint("https://k8s.test:6443", PEM),
    )


def test_a_certificate_authority_in_a_file_is_asked_for_and_used() -> None:
    found = config({"certificate-authority": "ca.pem"})
    assert files_to_read(find_context(found), Trust.OPERATOR) == ("/home/ann/.kube/ca.pem",)
    assert reach(found, {"/home/ann/.kube/ca.pem": PEM}).ca == PEM


def test_data_outranks_a_file_which_is_then_not_read() -> None:
    data = base64.b64encode(PEM).decode()
    user = {"client-certificate": "c.pem", "client-certificate-data": data, "client-key": "k.pem"}
    found = config({"certificate-authority": "ca.pem", "certificate-authority-data": data}, user)
    assert files_to_read(find_context(found), Trust.OPERATOR) == ("/home/ann/.kube/k.pem",)
    assert reach(found, {"/home/ann/.kube/k.pem": b"key"}).ca == PEM


def test_a_context_without_a_user_has_no_credentials() -> None:
    found = config(context={"user": None})
    assert files_to_read(find_context(found), Trust.OPERATOR) == ()
    assert reach(found).credential == Anonymous()


def test_insecure_is_kept() -> None:
    assert reach(config({"insecure-skip-tls-verify": True})).insecure


@pytest.mark.parametrize("name", ["other", "MAIN", "mai", ""])
def test_a_context_is_found_by_its_exact_name_only(name: str) -> None:
    with pytest.raises(InputError) as caught:
        find_context(config(), name)
    assert caught.value.code == "contextMissing"
    assert "main" in (caught.value.problems[0].remedy or "")


def test_without_a_current_context_no_cluster_is_guessed() -> None:
    with pytest.raises(InputError) as caught:
        find_context(Kubeconfig())
    assert caught.value.code == "contextMissing"


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"context": {"cluster": "gone"}}, "contexts[0].context.cluster"),
        ({"context": {"cluster": None}}, "contexts[0].context.cluster"),
        ({"context": {"user": "gone"}}, "contexts[0].context.user"),
        ({"cluster": {"server": ""}}, "clusters[0].cluster.server"),
        ({"cluster": {"server": "k8s.test:6443"}}, "clusters[0].cluster.server"),
        ({"cluster": {"server": "ftp://k8s.test"}}, "clusters[0].cluster.server"),
        ({"cluster": {"server": "https://k8s.test:port"}}, "clusters[0].cluster.server"),
        ({"cluster": {"server": "https://["}}, "clusters[0].cluster.server"),
        ({"cluster": {"server": "https://ann:hunter2@k8s.test"}}, "clusters[0].cluster.server"),
        ({"cluster": {"certificate-authority-data": "?"}}, "clusters[0].cluster.certificate-authority-data"),
        (
            {"cluster": {"certificate-authority-data": "AAAA", "insecure-skip-tls-verify": True}},
            "clusters[0].cluster",
        ),
    ],
)
def test_odd_contexts_are_errors_at_their_place(parts: dict[str, dict[str, Any]], path: str) -> None:
    with pytest.raises(InputError) as caught:
        reach(config(**parts))
    assert [(p.code, p.file, p.path) for p in caught.value.problems] == [("kubeconfigInvalid", FILE, path)]
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://k8s.test", "https://k8s.test:443"),
        ("https://K8S.test", "https://k8s.test"),
        ("https://k8s.test/", "https://k8s.test"),
        ("http://k8s.test:80/base/", "http://k8s.test/base"),
        ("HTTPS://k8s.test", "https://k8s.test"),
    ],
)
def test_spellings_of_one_address_have_one_fingerprint(one: str, other: str) -> None:
    assert fingerprint(one, PEM) == fingerprint(other, PEM + b"\n")


def test_each_part_of_a_clusters_identity_counts() -> None:
    servers = ("https://a", "https://b", "https://a:8443", "http://a:443", "https://a/base", "https://[::1]")
    prints = {fingerprint(server, ca) for server in servers for ca in (None, PEM, b"other")}
    assert len(prints) == len(servers) * 3


def test_the_fingerprint_is_stable_because_it_is_kept_in_files() -> None:
    assert fingerprint("https://k8s.test", None) == (
        "sha256:063caf86d7748115193882326a2088b26c6e06a024949a790eabfa7c51736801"
    )


values = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.text(max_size=2), max_size=2)
cluster_fields = st.sampled_from(
    ["server", "certificate-authority-data", "insecure-skip-tls-verify", "tls-server-name", "proxy-url"]
)
user_fields = st.sampled_from(
    ["token", "tokenFile", "username", "password", "client-certificate-data", "client-key-data", "exec", "as"]
)


@given(
    st.dictionaries(cluster_fields, values | st.just("https://x"), max_size=3),
    st.dictionaries(user_fields, values | st.dictionaries(st.just("command"), values), max_size=3),
)
def test_whatever_an_entry_holds_the_answer_is_access_or_an_input_error(
    cluster: dict[str, Any], user: dict[str, Any]
) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        reach(config(cluster, user))
    except InputError as error:
        problems = error.problems
    assert all(problem.file == FILE and problem.path for problem in problems)
