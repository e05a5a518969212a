"""Which deployment is gone back to, by the past of the release; and what going back leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.domain.changes import Action, Change, ReleasePlan
from fairlead.domain.config import EnvRef, Literal, SecretRef, ValueEntry
from fairlead.domain.deployments import Outcome
from fairlead.domain.identity import Commit, ObjectRef, Revision
from fairlead.domain.records import Recorded
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.returning import SPARED, last_good, secret_values, spared
from tests.fakes.releases import PLACE
from tests.fakes.states import KEY, recorded

REVISION = recorded().deployment.revision


def past(*outcomes: str) -> list[Recorded]:
    """Return deployments from words: `ok`, `bad`, and `ok>1` for one that returned to deployment 1."""
    found = []
    for number, word in enumerate(outcomes, 1):
        result, _, to = word.partition(">")
        one = recorded(number, outcome=Outcome.SUCCEEDED if result == "ok" else Outcome.FAILED)
        found.append(replace(one, deployment=replace(one.deployment, returns_to=int(to) if to else None)))
    return found


@pytest.mark.parametrize(
    ("words", "present", "expected"),
    [
        ("", 0, None),
        ("ok", 1, None),
        ("bad", 1, None),
        ("ok ok", 2, 1),
        ("ok bad", 2, 1),
        ("ok ok bad bad", 4, 2),
        ("ok ok", 3, 2),
        ("ok ok ok>1", 3, None),
        ("ok ok ok ok>2", 4, 1),
        ("ok ok ok>1 ok", 4, 3),
        ("ok ok ok>1 ok ok>3", 5, None),
        ("ok ok bad>1", 3, 1),
        ("bad ok>0", 2, None),
        ("bad ok>0 ok bad", 4, 3),
        ("bad ok>0 bad", 3, None),
    ],
)
def test_the_last_good_deployment_before_the_present(words: str, present: int, expected: int | None) -> None:
    found = last_good(past(*words.split()), present)
    assert (None if found is None else found.number) == expected


def test_what_is_held_against_is_not_gone_back_to() -> None:
    first, second = past("ok", "ok")
    first = replace(first, deployment=replace(first.deployment, revision=replace(REVISION, inputs_digest="other")))
    assert last_good([first, second], 3, rejected=REVISION.inputs_digest) == first


def test_a_return_to_what_is_not_remembered_any_more_leads_before_it() -> None:
    kept = past("ok", "ok", "ok", "ok>2")
    found = last_good([kept[0], kept[3]], 4)
    assert found is not None
    assert found.number == 1


def test_what_needs_a_person_is_not_deleted_unattended() -> None:
    revision = Revision(Commit(None, dirty=False), "in", "out")
    kinds = ("PersistentVolumeClaim", "Namespace", "ConfigMap")
    changes = [Change(Action.DELETE, ObjectRef("v1", kind, "", "a")) for kind in kinds]
    changes.append(Change(Action.UPDATE, ObjectRef("v1", "Namespace", "", "b")))
    found = spared(ReleasePlan(KEY, revision, tuple(changes), RenderedRelease(KEY, "in", ())))
    assert [(one.action.value, one.reason == SPARED) for one in found.changes] == [
        ("skip", True),
        ("skip", True),
        ("delete", False),
        ("update", False),
    ]


def test_recorded_values_are_secret_where_secrets_are_declared() -> None:
    entries = [
        ValueEntry("db.password", SecretRef("s", "k"), PLACE),
        ValueEntry("tokens[1]", EnvRef("T"), PLACE),
        ValueEntry("tokens[9]", EnvRef("T"), PLACE),
        ValueEntry("db[0]", EnvRef("T"), PLACE),
        ValueEntry("gone.deep", EnvRef("T"), PLACE),
        ValueEntry("number", EnvRef("T"), PLACE),
        ValueEntry("open", Literal("x"), PLACE),
    ]
    values = {"db": {"password": "hunter2"}, "tokens": ["a", "b"], "number": 7, "open": "seen"}
    assert secret_values(entries, values) == ("hunter2", "b")
