from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.openapi import check_object
from tests.fakes.openapi import DOCUMENT


def deployment(**spec: Any) -> dict[str, Any]:
    spec = {"selector": {}, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec}


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"replicas": 3},
        {"replicas": None},
        {"port": 80},
        {"port": "http"},
        {"weight": 1},
        {"weight": 0.5},
        {"anything": {"x": [1, {"y": 2}]}},
        {"items": [{"name": "a"}]},
        {"policy": "Always"},
    ],
)
def test_what_the_schema_allows(spec: dict[str, Any]) -> None:
    assert check_object(DOCUMENT, deployment(**spec)) == ()


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"replicas": "3"}, "spec.replicas"),
        ({"replicas": True}, "spec.replicas"),
        ({"paused": 1}, "spec.paused"),
        ({"replicaz": 3}, "spec.replicaz"),
        ({"selector": None}, "spec.selector"),
        ({"policy": "Sometimes"}, "spec.policy"),
        ({"items": [{"name": "a"}, {}]}, "spec.items[1].name"),
        ({"items": [{"name": "a", "nam": "b"}]}, "spec.items[0].nam"),
        ({"items": {"name": "a"}}, "spec.items"),
        ({"items": "a"}, "spec.items"),
    ],
)
def test_what_it_forbids_is_named_by_path(spec: dict[str, Any], path: str) -> None:
    assert [violation.path for violation in check_object(DOCUMENT, deployment(**spec))] == [path]


def test_a_near_name_is_offered() -> None:
    (violation,) = check_object(DOCUMENT, deployment(replicaz=3))
    assert "replicas" in violation.remedy


def test_labels_are_text() -> None:
    obj = deployment()
    obj["metadata"]["labels"] = {"a": 1, "b": "x"}
    assert [violation.path for violation in check_object(DOCUMENT, obj)] == ["metadata.labels.a"]


def test_a_kind_without_schema_passes() -> None:
    assert check_object(DOCUMENT, {"apiVersion": "apps/v2", "kind": "Deployment", "spec": {"x": 1}}) == ()
    assert check_object({}, deployment(nonsense=1)) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(JSON)
def test_any_object_gets_an_answer(spec: Any) -> None:
    assert isinstance(check_object(DOCUMENT, {**deployment(), "spec": spec}), tuple)


def test_schemas_that_lead_back_to_themselves_end() -> None:
    loop = {"$ref": "#/components/schemas/Loop"}
    document = {
        "components": {
            "schemas": {
                "Loop": loop,
                "v1.A": {
                    "type": "object",
                    "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "A"}],
                    "properties": {"spec": loop},
                },
            }
        }
    }
    assert [v.path for v in check_object(document, {"apiVersion": "v1", "kind": "A", "spec": {"x": 1}})] == [
        "apiVersion",
        "kind",
    ]
