"""What others added and nobody declares."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.additions import Addition, additions

LIVE: dict[str, Any] = {
    "metadata": {
        "name": "a",
        "annotations": {"note": "x"},
        "managedFields": [
            {"manager": "fairlead", "fieldsV1": {"f:data": {"f:mine": {}}}},
            {"manager": "kubectl-edit", "fieldsV1": {"f:data": {"f:mine": {}, "f:theirs": {}, "f:gone": {}}}},
            {"manager": "kubectl-annotate", "fieldsV1": {"f:metadata": {"f:annotations": {"f:note": {}}}}},
            {"manager": "kubelet", "subresource": "status", "fieldsV1": {"f:status": {"f:phase": {}}}},
            {"manager": "nothing", "fieldsV1": {}},
        ],
    },
    "data": {"mine": "1", "theirs": "2"},
    "status": {"phase": "Running"},
}
DECLARED = {"metadata": {"name": "a"}, "data": {"mine": "1"}}


def test_fields_of_others_that_are_not_declared_are_additions() -> None:
    assert additions(DECLARED, LIVE, "fairlead") == (
        Addition("/data/theirs", "kubectl-edit"),
        Addition("/metadata/annotations/note", "kubectl-annotate"),
    )


@pytest.mark.parametrize("declared", [{**DECLARED, "data": {"mine": "1", "theirs": "3"}}])
def test_what_is_declared_is_none(declared: dict[str, Any]) -> None:
    assert [one.path for one in additions(declared, LIVE, "fairlead")] == ["/metadata/annotations/note"]


def test_their_values_are_not_shown() -> None:
    assert Addition("/data/theirs", "kubectl-edit").to_json() == {"path": "/data/theirs", "owner": "kubectl-edit"}
