"""The audit log's entries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fairlead.domain.authorising.auditing import AuditEntry, caller_text, resource_text
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.scopes import EVERYTHING, Scope, scope_of
from fairlead.domain.units import UnitKey


def test_the_wire_form_says_who_did_what() -> None:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    entry = AuditEntry(at, "ci (abc)", "promote", "prod/shop/web", "allowed", "192.0.2.1", {"deployment": "d1"}, 7)

    assert entry.to_json() == {
        "number": 7,
        "at": "2026-11-21T12:00:00Z",
        "caller": "ci (abc)",
        "action": "promote",
        "resource": "prod/shop/web",
        "result": "allowed",
        "source": "192.0.2.1",
        "detail": {"deployment": "d1"},
    }


@pytest.mark.parametrize(
    ("caller", "text"),
    [(None, "unknown"), (Caller("local", Role.ADMIN), "local"), (Caller("ci", Role.VIEWER, token="abc"), "ci (abc)")],
    ids=["nobody", "local", "token"],
)
def test_callers_are_told_apart(caller: Caller | None, text: str) -> None:
    assert caller_text(caller) == text


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        (None, ""),
        (UnitKey("prod", "shop", "web"), "prod/shop/web"),
        (EVERYTHING, "*/*/*"),
        (scope_of(namespaces=["shop", "bank"]), "*/bank,shop/*"),
    ],
    ids=["none", "unit", "all", "namespaces"],
)
def test_resources_have_one_text(resource: UnitKey | Scope | None, text: str) -> None:
    assert resource_text(resource) == text
