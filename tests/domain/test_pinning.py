"""Who may write over whose context."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fairlead.domain.kubeconfig import Entry, Kubeconfig, KubeconfigDocument, merge
from fairlead.domain.pinning import (
    EXTENSION,
    Decision,
    Pin,
    PinnedContext,
    context_name,
    decide,
    read_pin,
    with_context,
    with_current,
)

WANTED = PinnedContext("env:test", "c", "u", "shop", Pin("eu", "sha256:aa", "/repo"))


def config(contexts: list[dict[str, Any]]) -> Kubeconfig:
    return merge([KubeconfigDocument("/config", {"contexts": contexts})])


def existing(context: PinnedContext, *, pinned: bool = True) -> Kubeconfig:
    fields = context.to_fields()
    if not pinned:
        del fields["extensions"]
    return config([{"name": context.name, "context": fields}])


def test_a_new_context_is_written() -> None:
    assert decide(config([]), WANTED) is Decision.WRITE


@pytest.mark.parametrize(
    ("changes", "ours", "theirs", "unpinned"),
    [
        ({}, Decision.KEEP, Decision.KEEP, Decision.WRITE),
        ({"cluster": "other"}, Decision.WRITE, Decision.TAKEN, Decision.TAKEN),
        ({"user": "other"}, Decision.WRITE, Decision.TAKEN, Decision.TAKEN),
        ({"namespace": "other"}, Decision.WRITE, Decision.TAKEN, Decision.TAKEN),
        ({"pin": Pin("eu", "sha256:bb", "/repo")}, Decision.WRITE, Decision.TAKEN, Decision.WRITE),
    ],
)
def test_what_stands_there_decides(
    changes: dict[str, Any], ours: Decision, theirs: Decision, unpinned: Decision
) -> None:
    there = replace(WANTED, **changes)
    foreign = replace(there, pin=replace(there.pin, repository="/other", cluster="named otherwise"))
    assert decide(existing(there), WANTED) is ours
    assert decide(existing(foreign), WANTED) is theirs
    assert decide(existing(there, pinned=False), WANTED) is unpinned


def test_a_context_without_a_user_is_recognised() -> None:
    wanted = replace(WANTED, user="")
    fields = {key: value for key, value in wanted.to_fields().items() if key != "user"}
    assert decide(config([{"name": "env:test", "context": fields}]), wanted) is Decision.KEEP


def test_a_pin_is_read_back() -> None:
    assert read_pin(existing(WANTED).contexts["env:test"]) == WANTED.pin


@pytest.mark.parametrize(
    "extensions",
    [
        None,
        "text",
        [],
        ["text"],
        [{"name": "context_info", "extension": {"provider": "minikube.sigs.k8s.io"}}],
        [{"name": EXTENSION}],
        [{"name": EXTENSION, "extension": {}}],
        [{"name": EXTENSION, "extension": "text"}],
        [{"name": EXTENSION, "extension": {"cluster": "a", "fingerprint": 1, "repository": "/r"}}],
    ],
)
def test_a_foreign_or_damaged_record_is_no_pin(extensions: object) -> None:
    assert read_pin(Entry("env:test", "/f", "contexts[0].context", {"extensions": extensions})) is None


def test_setting_a_context_leaves_everything_else_as_it_was() -> None:
    before: dict[str, Any] = {
        "preferences": {"colors": True},
        "contexts": [
            {"name": "a", "context": {"cluster": "a"}},
            {"name": "env:test", "context": {"cluster": "old"}},
            {"name": "z", "context": {"cluster": "z"}},
        ],
        "current-context": "a",
    }
    after = with_context(before, WANTED)
    assert [item["name"] for item in after["contexts"]] == ["a", "env:test", "z"]
    assert after["contexts"][1]["context"] == WANTED.to_fields()
    assert (after["contexts"][0], after["contexts"][2]) == (before["contexts"][0], before["contexts"][2])
    assert (after["preferences"], after["current-context"]) == ({"colors": True}, "a")
    assert before["contexts"][1] == {"name": "env:test", "context": {"cluster": "old"}}


def test_the_first_context_of_an_empty_file_makes_a_kubeconfig() -> None:
    assert with_context({}, WANTED) == {
        "apiVersion": "v1",
        "kind": "Config",
        "contexts": [{"name": "env:test", "context": WANTED.to_fields()}],
    }


def test_the_current_context() -> None:
    assert with_current({"kind": "Config", "users": []}, "env:test") == {
        "apiVersion": "v1",
        "kind": "Config",
        "users": [],
        "current-context": "env:test",
    }


def test_the_name_is_the_one_that_older_users_know() -> None:
    assert context_name("test") == "env:test"
