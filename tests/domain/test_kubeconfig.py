"""Merging and shape of kubeconfig files; the table at the top of the module, row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.kubeconfig import Entry, KubeconfigDocument, merge, resolve_path


def document(content: object, file: str = "/home/ann/.kube/config") -> KubeconfigDocument:
    return KubeconfigDocument(file, content)


def clusters(**servers: str) -> dict[str, Any]:
    return {"clusters": [{"name": name, "cluster": {"server": server}} for name, server in servers.items()]}


def test_the_first_file_wins_entry_by_entry() -> None:
    merged = merge(
        [
            document({**clusters(a="https://first"), "current-context": ""}, "/one"),
            document({**clusters(a="https://second", b="https://b"), "current-context": "mine"}, "/two"),
            document({**clusters(b="https://late"), "current-context": "other"}, "/three"),
        ]
    )
    assert {name: (entry.file, entry.text("server")) for name, entry in merged.clusters.items()} == {
        "a": ("/one", "https://first"),
        "b": ("/two", "https://b"),
    }
    assert merged.current_context == "mine"
    assert merged.files == ("/one", "/two", "/three")


@pytest.mark.parametrize("content", [None, {}, {"kind": "Config", "clusters": None, "users": [], "contexts": None}])
def test_an_empty_file_is_an_empty_configuration(content: object) -> None:
    merged = merge([document(content)])
    assert (merged.clusters, merged.users, merged.contexts, merged.current_context) == ({}, {}, {}, "")


def test_no_files_are_an_empty_configuration() -> None:
    assert merge([]).contexts == {}


def test_an_entry_without_a_body_has_no_fields() -> None:
    merged = merge([document({"users": [{"name": "nobody", "user": None}, {"name": "none"}]})])
    assert {name: dict(entry.fields) for name, entry in merged.users.items()} == {"nobody": {}, "none": {}}


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (["a"], None),
        ("text", None),
        (3, None),
        ({"kind": "Pod"}, "kind"),
        ({"clusters": {"a": {}}}, "clusters"),
        ({"users": [{"user": {}}]}, "users[0]"),
        ({"users": [{"name": 7, "user": {}}]}, "users[0]"),
        ({"contexts": [{"name": "a", "context": "b"}]}, "contexts[0]"),
        ({"contexts": ["a"]}, "contexts[0]"),
        ({"clusters": [{"name": "a", "cluster": {}}, {"name": "a", "cluster": {}}]}, "clusters[1].cluster"),
    ],
)
def test_a_misshapen_file_is_an_error_at_its_place(content: object, path: str | None) -> None:
    with pytest.raises(InputError) as caught:
        merge([document(content)])
    assert [(p.code, p.file, p.path) for p in caught.value.problems] == [
        ("kubeconfigInvalid", "/home/ann/.kube/config", path)
    ]


def test_every_mistake_of_every_file_is_reported_at_once() -> None:
    with pytest.raises(InputError) as caught:
        merge([document([], "/one"), document({"clusters": 1, "users": 2, "contexts": 3}, "/two")])
    assert [(p.file, p.path) for p in caught.value.problems] == [
        ("/one", None),
        ("/two", "clusters"),
        ("/two", "users"),
        ("/two", "contexts"),
    ]


@pytest.mark.parametrize("value", [1, 1.5, True, {"a": 1}, ["a"], b"raw"])
def test_text_must_be_text(value: object) -> None:
    entry = Entry("u", "/f", "users[0].user", {"token": value})
    with pytest.raises(InputError) as caught:
        entry.text("token")
    assert caught.value.problems[0].path == "users[0].user.token"


@pytest.mark.parametrize("value", ["true", 1, [True]])
def test_a_flag_must_be_a_boolean(value: object) -> None:
    entry = Entry("c", "/f", "clusters[0].cluster", {"insecure-skip-tls-verify": value})
    with pytest.raises(InputError) as caught:
        entry.flag("insecure-skip-tls-verify")
    assert caught.value.problems[0].path == "clusters[0].cluster.insecure-skip-tls-verify"


def test_a_secret_never_shows_in_the_text_form_of_an_entry() -> None:
    assert "hunter2" not in repr(Entry("u", "/f", "users[0].user", {"password": "hunter2"}))


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        ("", ""),
        ("/etc/ca.pem", "/etc/ca.pem"),
        ("ca.pem", "/home/ann/.kube/ca.pem"),
        ("../ca.pem", "/home/ann/.kube/../ca.pem"),
        ("./bin/login", "/home/ann/.kube/./bin/login"),
    ],
)
def test_paths_are_relative_to_their_file(path: str, resolved: str) -> None:
    assert resolve_path(path, "/home/ann/.kube/config") == resolved


names = st.text(alphabet="abc", min_size=1, max_size=2)


@given(st.lists(st.dictionaries(names, st.sampled_from(["https://x", "https://y"])), max_size=4))
def test_merging_files_one_by_one_is_merging_them_all(parts: list[dict[str, str]]) -> None:
    documents = [document(clusters(**part), f"/{index}") for index, part in enumerate(parts)]
    merged = merge(documents).clusters
    expected: dict[str, str] = {}
    for part in parts:
        expected = part | expected
    assert {name: entry.text("server") for name, entry in merged.items()} == expected


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["clusters", "users", "contexts", "name", "cluster", "user", "kind", "current-context"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(trees)
def test_whatever_a_file_holds_the_answer_is_a_configuration_or_an_input_error(content: object) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        merge([document(content)])
    except InputError as error:
        problems = error.problems
    assert {problem.code for problem in problems} <= {"kubeconfigInvalid"}
