"""The audit log's entries."""

from __future__ import annotations

from datetime import UTC, datetime

from fairlead.domain.authorising.auditing import AuditEntry


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
