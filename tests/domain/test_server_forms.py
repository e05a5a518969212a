"""What the server makes of what is sent, recognised and remembered."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.bookkeeping import knowing_forms
from fairlead.domain.changes import Action, Change
from fairlead.domain.identity import object_ref
from fairlead.domain.server_forms import form_of
from fairlead.domain.state import ReleaseState
from tests.fakes.ssa import applied

SENT: dict[str, Any] = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "a"}, "spec": {"cpu": "1000m"}}


def _live(cpu: str, manager: str = "fairlead") -> dict[str, Any]:
    new, managers = applied({}, SENT, manager, force=True)
    return {**new, "metadata": {**new["metadata"], "managedFields": managers, "uid": "u"}, "spec": {"cpu": cpu}}


def test_an_object_that_stands_there_as_sent_has_no_form() -> None:
    assert form_of(SENT, _live("1000m"), "fairlead") is None


def test_an_object_of_another_manager_has_no_form() -> None:
    assert form_of(SENT, _live("1", "kubectl"), "fairlead") is None


def test_a_form_is_of_one_object_and_one_value() -> None:
    renamed = {**SENT, "metadata": {"name": "b"}}
    forms = [form_of(SENT, _live("1"), "fairlead"), form_of(SENT, _live("1.0"), "fairlead")]
    forms.append(form_of(renamed, _live("1"), "fairlead"))
    assert None not in forms
    assert len(set(forms)) == 3


@pytest.mark.parametrize(
    ("change", "answers", "known"),
    [
        (Change(Action.UPDATE, object_ref(SENT), desired=SENT, manager="fairlead"), [_live("1")], 1),
        (Change(Action.UPDATE, object_ref(SENT), desired=SENT, manager="fairlead"), [_live("1000m")], 0),
        (Change(Action.UPDATE, object_ref(SENT), desired=SENT, manager="fairlead"), [], 0),
        (Change(Action.KEEP, object_ref(SENT), desired=SENT, form=("sent", "live")), [], 1),
        (Change(Action.DELETE, object_ref(SENT)), [], 0),
    ],
    ids=["changed by the server", "as sent", "not written", "kept", "deleted"],
)
def test_a_deployment_remembers_what_it_saw_and_nothing_older(change: Change, answers: list[Any], known: int) -> None:
    before = ReleaseState(forms=frozenset({("old", "old")}))
    after = knowing_forms(before, [change], answers)
    assert len(after.forms) == known
    assert ("old", "old") not in after.forms
