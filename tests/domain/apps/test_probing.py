from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.apps.descriptor import HealthCheckType
from fairlead.domain.apps.probing import (
    KEPT_BYTES,
    SECONDS,
    Answer,
    NoAnswer,
    PodAddress,
    ProbeRequest,
    climbs,
    pod_health,
    pods_to_ask,
    probe_request,
    target_of,
)
from tests.fakes.descriptors import described, pod

SIMPLE, PROBE = HealthCheckType.SIMPLE, HealthCheckType.PROBE


@pytest.mark.parametrize(
    ("fields", "request_"),
    [
        ({}, ProbeRequest("POST", 8080, "/health", "application/json")),
        ({"healthCheckPath": "/myhealth"}, ProbeRequest("POST", 8080, "/myhealth", "application/json")),
        ({"healthCheckPath": "myhealth"}, ProbeRequest("POST", 8080, "/myhealth", "application/json")),
        ({"healthCheckPath": ""}, ProbeRequest("POST", 8080, "/health", "application/json")),
        ({"healthCheckPath": "/"}, ProbeRequest("POST", 8080, "/", "application/json")),
        ({"healthCheckType": "simple"}, ProbeRequest("GET", 8080, "/health")),
        ({"healthCheckPort": 81, "healthCheckType": "simple"}, ProbeRequest("GET", 81, "/health")),
    ],
    ids=range(7),
)
def test_what_is_asked(fields: dict[str, Any], request_: ProbeRequest) -> None:
    descriptor = described(**fields)
    assert probe_request(descriptor.health, descriptor.main.pod_spec) == request_


def test_the_port_for_health() -> None:
    spec = pod({"containerPort": 8080, "name": "web"}, {"containerPort": 9999, "name": "healthcheck"})
    assert probe_request(described().health, spec).port == 9999


@given(st.text(max_size=10))
def test_a_path_is_sent_as_text(path: str) -> None:
    target = target_of(path.replace("\ud800", "") if path.isascii() else "x")
    assert target.startswith("/")
    assert not set(target) & set(" ?#\r\n")
    assert "%2e" not in target.lower()


@pytest.mark.parametrize("path", ["", "/", "//", "ready", "/ready", "/ready/"])
def test_a_path_begins_with_one_slash(path: str) -> None:
    assert target_of(path) == "/" + path.lstrip("/")


@pytest.mark.parametrize(
    ("target", "expected"), [("/a", False), ("/a..b/.c", False), ("/..", True), ("/a/./b", True), ("/a/../b", True)]
)
def test_what_climbs(target: str, expected: bool) -> None:
    assert climbs(target) is expected


def running(name: str = "web-7-a", **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "metadata": {"name": name, "namespace": "team"},
        "spec": {},
        "status": {"phase": "Running", "podIP": "10.0.0.7", "hostIP": "10.1.0.1"},
    }
    for part, values in changes.items():
        made[part] = {**made[part], **values}
    return made


def test_pods_that_are_asked() -> None:
    assert pods_to_ask([running()]) == (PodAddress("team", "web-7-a", "10.0.0.7"),)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": {"phase": "Pending"}},
        {"status": {"phase": "Failed"}},
        {"status": {"podIP": ""}},
        {"status": {"podIP": "10.1.0.1"}},
        {"spec": {"hostNetwork": True}},
        {"metadata": {"deletionTimestamp": "2026-11-21T08:00:00Z"}},
    ],
    ids=range(6),
)
def test_pods_that_are_not(changes: dict[str, Any]) -> None:
    assert pods_to_ask([running(**changes)]) == ()


@pytest.mark.parametrize(
    ("kind", "status", "body", "healthy"),
    [
        (SIMPLE, 200, b"", True),
        (SIMPLE, 204, b"", True),
        (SIMPLE, 299, b'{"healthy": false}', True),
        (SIMPLE, 301, b"", False),
        (SIMPLE, 404, b"", False),
        (SIMPLE, 500, b"", False),
        (PROBE, 200, b'{"healthy": true, "more": 1}', True),
        (PROBE, 500, b'{"healthy": true}', True),
        (PROBE, 200, b'{"healthy": false}', False),
        (PROBE, 200, b'{"healthy": "true"}', False),
        (PROBE, 200, b'{"healthy": 1}', False),
        (PROBE, 200, b"{}", False),
        (PROBE, 200, b"[true]", False),
        (PROBE, 200, b"", False),
        (PROBE, 200, b"\xff", False),
        (PROBE, 200, b"[" * 60_000, False),
    ],
    ids=range(16),
)
def test_what_an_answer_means(kind: HealthCheckType, status: int, body: bytes, healthy: bool) -> None:
    found = pod_health("a", kind, Answer(status, body))
    assert found.healthy is healthy
    assert bool(found.reason) is not healthy
    assert found.kept == body[:KEPT_BYTES].decode(errors="replace")


def test_no_more_is_kept_than_needed() -> None:
    assert (SECONDS, KEPT_BYTES) == (2.0, 4096)
    assert len(pod_health("a", SIMPLE, Answer(200, b"x" * 10_000, complete=False)).kept) == KEPT_BYTES
    too_long = pod_health("a", PROBE, Answer(200, b'{"healthy": true}', complete=False))
    assert not too_long.healthy


def test_no_answer_is_kept_as_json() -> None:
    found = pod_health("a", PROBE, NoAnswer('it said "no"'))
    assert not found.healthy
    assert found.kept == '{"healthy":false,"message":"it said \\"no\\""}'
