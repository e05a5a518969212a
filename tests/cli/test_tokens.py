"""`fairlead tokens`: what people and programs see of it."""

from __future__ import annotations

import sqlite3  # noqa: TID251 - looks at the file as a thief would
from contextlib import closing
from pathlib import Path

import pytest

from fairlead.cli.text.tokens import token_lines
from fairlead.cli.wire.tokens import TokenItem, Tokens, TokenScope
from fairlead.domain.authorising.tokens import identifier_in
from tests.conftest import Golden
from tests.fakes.terminal import Terminal

EVERYTHING = TokenScope(clusters=None, namespaces=None, apps=None)


def item(name: str, state: str, scope: TokenScope = EVERYTHING, *, used: str | None = None) -> TokenItem:
    return TokenItem(
        id=f"{name:a<12}",
        name=name,
        role="deployer",
        scope=scope,
        account=None,
        state=state,
        created_at="2026-11-21T12:00:00Z",
        created_by="root",
        expires_at="2027-02-19T12:00:00Z",
        revoked_at=None,
        revoked_by=None,
        last_used_at=used,
    )


def test_the_group_and_its_commands_explain_themselves(tmp_path: Path, golden: Golden) -> None:
    terminal = Terminal(tmp_path)
    parts = ((), ("create",), ("list",), ("revoke",))
    golden("cli/help-tokens.txt", "\n".join(terminal.run("tokens", *part, "--help").stdout for part in parts))


def test_a_list_in_words(golden: Golden) -> None:
    shop = TokenScope(clusters=None, namespaces=["bank", "shop"], apps=["web"])
    used = "2026-11-21T12:30:00Z"
    tokens = Tokens(tokens=[item("ci", "valid", shop, used=used), item("ann", "expired"), item("bob", "revoked")])
    shown = [*token_lines(tokens, None), *token_lines(Tokens(tokens=[]), None)]
    golden("cli/tokens.txt", "".join(f"{line.plain}\n" for line in shown))


def test_a_token_is_shown_once(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)

    made = terminal.run("tokens", "create", "ci", "--role", "deployer", "--namespace", "shop", "--app", "web")
    listed = terminal.run("tokens", "list", "--output", "json")

    identifier = identifier_in(made.stdout.strip())
    assert made.code == listed.code == 0
    assert identifier is not None
    assert identifier in made.stderr
    (token,) = listed.document["tokens"]
    assert (token["id"], token["role"], token["state"]) == (identifier, "deployer", "valid")
    assert token["scope"] == {"clusters": None, "namespaces": ["shop"], "apps": ["web"]}
    assert token["createdBy"]
    secret = made.stdout.strip().split("_", 2)[2]
    assert secret not in made.stderr + listed.stdout
    kept = [each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()]
    assert kept
    assert not any(secret.encode() in each for each in kept)


def test_programs_get_the_secret_too(tmp_path: Path) -> None:
    arguments = ("--as", "alice", "--as-group", "dev", "--as-group", "ops", "--expires", "1h")
    made = Terminal(tmp_path).run("tokens", "create", "ci", *arguments, "--output", "json")

    assert (made.code, made.document["kind"]) == (0, "NewToken")
    assert identifier_in(made.document["secret"]) == made.document["token"]["id"]
    assert made.document["token"]["account"] == {"user": "alice", "groups": ["dev", "ops"], "uid": None, "extra": {}}


def test_revoking_ends_it_and_is_written_down(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    for name in ("ci", "bob"):
        terminal.run("tokens", "create", name, "--data", "kept")

    revoked = terminal.run("tokens", "revoke", "ci", "--data", "kept", "--output", "json")
    listed = terminal.run("tokens", "list", "--data", "kept", "--output", "json")

    assert [token["state"] for token in revoked.document["tokens"]] == ["revoked"]
    assert {token["name"]: token["state"] for token in listed.document["tokens"]} == {"ci": "revoked", "bob": "valid"}
    with closing(sqlite3.connect(tmp_path / "kept" / "administration.sqlite")) as connection:
        rows = connection.execute("SELECT action, result FROM audit ORDER BY number").fetchall()
    assert rows == [("tokens.create", "allowed")] * 2 + [("tokens.revoke", "allowed")]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create",), "usage"),
        (("create", "a b"), "invalidName"),
        (("create", "ci", "--role", "root"), "usage"),
        (("create", "ci", "--expires", "3y"), "invalidAge"),
        (("create", "ci", "--namespace", "shop-*"), "invalidName"),
        (("create", "ci", "--as-group", "dev"), "conflictingOptions"),
        (("create", "ci", "--as", "root", "--as-group", "system:masters"), "invalidAccount"),
        (("revoke", "ci"), "tokenUnknown"),
    ],
)
def test_wrong_words(tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
    ended = Terminal(tmp_path).run("tokens", *arguments, "--output", "json")

    assert ended.code == 2
    assert [error["code"] for error in ended.document["errors"]] == [code]


def test_a_directory_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    ended = Terminal(tmp_path).run("tokens", "list", "--data", "file", "--output", "json")

    assert (ended.code, ended.document["errors"][0]["code"]) == (1, "administrationFailed")
