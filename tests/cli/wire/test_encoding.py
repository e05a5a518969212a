"""The schema of the output: itself valid, and complete."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from fairlead.cli.wire.encoding import to_json
from fairlead.cli.wire.kinds import KINDS, output_schema
from fairlead.cli.wire.plans import plan_document
from tests.cli.text.plans import PLANS
from tests.fakes.terminal import validate


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(output_schema())


def test_every_kind_of_the_contract_is_described() -> None:
    promised = {"Contexts", "Problems", "List", "Values", "Rendered", "Plan", "Deployments", "Status", "Files"}
    others = {
        "SavedPlan",
        "Updates",
        "TrackChoice",
        "Context",
        "Sandbox",
        "Tokens",
        "NewToken",
        "AuditLog",
        "Units",
        "Variables",
        "Error",
    }
    assert {kind.__name__ for kind in KINDS} == promised | others


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"apiVersion": "fairlead.dev/v1", "kind": "Nonsense"},
        {"apiVersion": "fairlead.dev/v2", "kind": "Files", "files": []},
        {"kind": "Files", "files": []},
        {"apiVersion": "fairlead.dev/v1", "kind": "Files"},
        {"apiVersion": "fairlead.dev/v1", "kind": "Files", "files": [1]},
    ],
)
def test_the_schema_refuses_what_we_never_print(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        validate(document)


@pytest.mark.parametrize("name", PLANS)
def test_nothing_of_a_plan_is_lost_on_the_way(name: str) -> None:
    plan = PLANS[name]
    printed = json.loads(to_json(plan_document(plan)))
    validate(printed)
    assert _without_nothing(printed) == _without_nothing(
        {"apiVersion": "fairlead.dev/v1", "kind": "Plan", **plan.to_json()}
    )


def _without_nothing(value: Any) -> Any:
    """Return JSON without nulls and empty lists, which say the same as leaving them out."""
    if isinstance(value, dict):
        return {key: _without_nothing(part) for key, part in value.items() if part not in (None, [])}
    return [_without_nothing(part) for part in value] if isinstance(value, list) else value
