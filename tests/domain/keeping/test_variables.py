"""Environment variables: names, places, and which of them wins."""

from __future__ import annotations

import pytest

from fairlead.domain.keeping.variables import (
    LARGEST,
    Place,
    SecretReference,
    Variable,
    effective,
    variable_name,
    variable_problem,
)


@pytest.mark.parametrize(("text", "name"), [("my-example-key", "MY_EXAMPLE_KEY"), ("PATH", "PATH"), ("a_b-c", "A_B_C")])
def test_names_are_written_as_containers_see_them(text: str, name: str) -> None:
    assert variable_name(text) == name


@pytest.mark.parametrize(
    ("variable", "code"),
    [
        (Variable("KAFKA_URL", "kafka:9092"), None),
        (Variable("KAFKA_URL", SecretReference("kafka", "url"), Place("prod", "shop")), None),
        (Variable("1ST", ""), "invalidName"),
        (Variable("", ""), "invalidName"),
        (Variable("A\n", ""), "invalidName"),
        (Variable("a", ""), "invalidName"),
        (Variable("A", "x", Place("", "shop")), "invalidPlace"),
        (Variable("A", "x\0"), "invalidValue"),
        (Variable("A", "\ud800"), "invalidValue"),
        (Variable("A", "é" * (LARGEST // 2)), None),
        (Variable("A", "é" * (LARGEST // 2) + "x"), "invalidValue"),
    ],
    ids=["plain", "secret", "digit", "empty", "newline", "small", "half a place", "zero", "surrogate", "full", "large"],
)
def test_what_can_be_kept(variable: Variable, code: str | None) -> None:
    problem = variable_problem(variable)

    assert (problem.code if problem is not None else None) == code


def test_the_narrower_place_wins() -> None:
    variables = [
        Variable("A", "here", Place("prod", "shop")),
        Variable("A", "cluster", Place("prod")),
        Variable("A", "all"),
        Variable("B", "cluster", Place("prod")),
        Variable("B", "all"),
        Variable("C", SecretReference("kafka", "url")),
        Variable("D", "elsewhere", Place("test")),
        Variable("D", "elsewhere", Place("prod", "bank")),
    ]

    found = effective(variables, "prod", "shop")

    assert found == {"A": "here", "B": "cluster", "C": SecretReference("kafka", "url")}
    assert effective(reversed(variables), "prod", "shop") == found


def test_the_wire_form_shows_references_and_no_secrets() -> None:
    plain = Variable("A", "x", Place("prod"))
    secret = Variable("B", SecretReference("kafka", "url"))

    assert plain.to_json() == {"name": "A", "cluster": "prod", "namespace": None, "secret": False, "value": "x"}
    assert secret.to_json() == {
        "name": "B",
        "cluster": None,
        "namespace": None,
        "secret": True,
        "secretRef": {"name": "kafka", "key": "url"},
    }
