from __future__ import annotations

import pytest

from fairlead.domain.apps.variables import (
    LARGEST,
    SecretKey,
    Variable,
    injected,
    variable_name,
    variable_problem,
    with_variables,
)

STORED = [Variable("zone", "b"), Variable("kafka-url", "k:1"), Variable("token", SecretKey("login", "t"))]


def test_names() -> None:
    assert variable_name("my-example-key") == "MY_EXAMPLE_KEY"


def test_what_every_container_gets_in_order() -> None:
    assert injected("web", "7", STORED) == [
        {"name": "APP_NAME", "value": "web"},
        {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "APP_VERSION", "value": "7"},
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "KAFKA_URL", "value": "k:1"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "login", "key": "t"}}},
        {"name": "ZONE", "value": "b"},
    ]


def test_a_containers_own_come_first_and_lose() -> None:
    own = [{"name": "ZONE", "value": "a"}, {"name": "URL", "value": "http://$(ZONE)"}]
    container = with_variables({"name": "web", "env": own}, injected("web", "7", STORED))
    names = [entry["name"] for entry in container["env"]]
    assert names == ["ZONE", "URL", "APP_NAME", "POD_NAMESPACE", "APP_VERSION", "POD_NAME", "KAFKA_URL", "TOKEN"]
    assert container["env"][0] == {"name": "ZONE", "value": "b"}
    assert own[0]["value"] == "a"


def test_a_container_without_any() -> None:
    assert with_variables({"name": "web", "env": None}, [{"name": "A", "value": "b"}])["env"] == [
        {"name": "A", "value": "b"}
    ]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("KAFKA_URL", "kafka:9092", None),
        ("KAFKA_URL", SecretKey("kafka", "url"), None),
        ("1ST", "", "invalidName"),
        ("", "", "invalidName"),
        ("A\n", "", "invalidName"),
        ("a", "", "invalidName"),
        ("A", "x\0", "invalidValue"),
        ("A", "\ud800", "invalidValue"),
        ("A", "é" * (LARGEST // 2), None),
        ("A", "é" * (LARGEST // 2) + "x", "invalidValue"),
    ],
    ids=["plain", "secret", "digit", "empty", "newline", "small", "zero", "surrogate", "full", "large"],
)
def test_what_containers_can_have(name: str, value: str | SecretKey, code: str | None) -> None:
    problem = variable_problem(Variable(name, value))

    assert (problem.code if problem is not None else None) == code
