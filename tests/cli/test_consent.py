"""Which plans a person must agree to."""

from __future__ import annotations

import pytest

from fairlead.cli.consent import grave
from fairlead.domain.changes import Action, Change, FieldChange, Plan
from fairlead.domain.identity import ObjectRef
from tests.cli.text.plans import release

WEB = ObjectRef("apps/v1", "Deployment", "shop", "web")
OWNED = (FieldChange("/spec/replicas", 2, 3, owner="kubectl-edit"),)
FREE = (FieldChange("/spec/replicas", 2, 3),)


@pytest.mark.parametrize(
    ("change", "needs_a_person"),
    [
        (Change(Action.CREATE, WEB), False),
        (Change(Action.KEEP, WEB), False),
        (Change(Action.SKIP, WEB), False),
        (Change(Action.UPDATE, WEB, fields=FREE), False),
        (Change(Action.UPDATE, WEB, fields=OWNED), True),
        (Change(Action.UPDATE, WEB, reason="adopt"), True),
        (Change(Action.UPDATE, WEB, reason="takeOwnership"), True),
        (Change(Action.DELETE, WEB), True),
        (Change(Action.RECREATE, WEB), True),
    ],
)
def test_only_deleting_recreating_and_taking_over_needs_a_person(change: Change, needs_a_person: bool) -> None:
    assert bool(grave(Plan((release("web", change),), ""))) is needs_a_person
