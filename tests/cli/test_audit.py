"""`fairlead audit`: what people and programs see of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.cli.text.audit import audit_lines
from fairlead.cli.wire.audit import AuditItem, AuditLog
from tests.conftest import Golden
from tests.fakes.terminal import Terminal


def item(number: int, caller: str, result: str, resource: str) -> AuditItem:
    return AuditItem(
        number=number,
        at="2026-11-21T12:00:00Z",
        caller=caller,
        action="deployments.create",
        resource=resource,
        result=result,
        source="192.0.2.7",
        detail={},
    )


def test_the_log_in_words(golden: Golden) -> None:
    items = [
        item(12, "ci (abcdefghij12)", "allowed", "prod/shop/web"),
        item(11, "unknown", "unknownCaller", ""),
        item(9, "\x1b[31mred", "forbidden", "prod/bank/web"),
    ]
    shown = [*audit_lines(AuditLog(entries=items, after=9), None), *audit_lines(AuditLog(entries=[], after=None), None)]
    golden("cli/audit.txt", "".join(f"{line.plain}\n" for line in shown))


def test_what_tokens_did_is_read_page_by_page(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    for name in ("ann", "bob", "carl"):
        terminal.run("tokens", "create", name)
    terminal.run("tokens", "revoke", "bob")

    first = terminal.run("audit", "--limit", "3", "--output", "json")
    rest = terminal.run("audit", "--after", str(first.document["after"]), "--output", "json")

    entries = [*first.document["entries"], *rest.document["entries"]]
    actions = [(entry["action"], entry["resource"].split()[0], entry["result"]) for entry in entries]
    assert (first.code, rest.code, rest.document["after"]) == (0, 0, None)
    assert actions == [
        ("tokens.revoke", "bob", "allowed"),
        ("tokens.create", "carl", "allowed"),
        ("tokens.create", "bob", "allowed"),
        ("tokens.create", "ann", "allowed"),
    ]


@pytest.mark.parametrize("words", [("--limit", "0"), ("--limit", "x"), ("extra",)])
def test_wrong_words(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = Terminal(tmp_path).run("audit", *words, "--output", "json")

    assert (ended.code, ended.document["errors"][0]["code"]) == (2, "usage")
