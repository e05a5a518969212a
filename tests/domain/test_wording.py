from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.wording import ending, is_certain, plain, pull_failure, refusal, scheduling_failure, start_failure

IMAGE = "registry.test/app:1.0"
DENIED = "pull access denied, repository does not exist or may require authorization: authorization failed"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f'Back-off pulling image "{IMAGE}"', ""),
        (f"rpc error: code = NotFound desc = {IMAGE}: not found", "not found"),
        (f'Failed to pull image "{IMAGE}": failed to pull and unpack image "{IMAGE}": {DENIED}', DENIED),
        (f'failed to resolve reference "{IMAGE}": failed to do request: Head "https://r/": EOF', "EOF"),
        ("something else", "something else"),
    ],
)
def test_the_layers_around_a_failed_pull_are_taken_off(message: str, expected: str) -> None:
    assert pull_failure(message, IMAGE) == expected


@pytest.mark.parametrize(
    ("message", "certain"),
    [
        ("not found", True),
        ("manifest unknown: manifest unknown", True),
        ("authorization failed", True),
        ("no match for platform in manifest", True),
        ("dial tcp: lookup registry.test: no such host", False),
        ("i/o timeout", False),
        ("429 Too Many Requests", False),
        ("", False),
    ],
)
def test_some_answers_of_a_registry_stay_the_same(message: str, certain: bool) -> None:
    assert is_certain(message) is certain


@pytest.mark.parametrize(
    ("terminated", "expected"),
    [
        ({"exitCode": 1, "reason": "Error"}, "ended with exit code 1"),
        ({"exitCode": 143, "reason": "Error"}, "ended with exit code 143 (SIGTERM)"),
        ({"exitCode": 255, "reason": "Error"}, "ended with exit code 255"),
        ({"exitCode": 0, "signal": 9}, "ended with exit code 0 (SIGKILL)"),
        ({"exitCode": 160, "reason": "Error"}, "ended with exit code 160 (signal 32)"),
        ({"exitCode": 1, "reason": "Error", "message": "no\nlicence"}, "ended with exit code 1: no licence"),
        (
            {"exitCode": 137, "reason": "OOMKilled"},
            "was killed for using more memory than its limit (exit code 137)",
        ),
        ({}, "ended with exit code 0"),
    ],
)
def test_how_a_container_ended(terminated: dict[str, Any], expected: str) -> None:
    assert ending(terminated) == expected


@pytest.mark.parametrize("lead", ["", "Error creating: ", "create Pod db-0 in StatefulSet db failed error: "])
def test_a_refusal_does_not_name_the_pod_that_was_tried(lead: str) -> None:
    assert refusal(f'{lead}pods "api-x7" is forbidden: exceeded quota: small') == "exceeded quota: small"


def test_the_layers_around_a_failed_start_are_taken_off() -> None:
    said = (
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
        'unable to start container process: exec: "/nope": stat /nope: no such file or directory: unknown'
    )

    assert start_failure(said) == 'exec: "/nope": stat /nope: no such file or directory'


@pytest.mark.parametrize(
    "tail", ["", " preemption: 0/1 nodes are available", " no new claims to deallocate, preemption: none helps."]
)
def test_what_the_scheduler_says_of_preemption_is_left_out(tail: str) -> None:
    said = "0/1 nodes are available: 1 Insufficient cpu."

    assert scheduling_failure(said + tail) == said.removesuffix(".")


def test_what_differs_from_pod_to_pod_is_left_out() -> None:
    said = 'rpc error: code = Unknown desc = sandbox "0123456789abcdef0123": dial 10.244.0.7:80: refused.'

    assert plain(said, address="10.244.0.7") == 'sandbox "ID": dial POD-IP:80: refused'
