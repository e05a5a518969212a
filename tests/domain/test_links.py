"""Which texts of strangers become links."""

from __future__ import annotations

import pytest

from fairlead.domain.links import compare_link, safe_link, safe_revision


@pytest.mark.parametrize("text", ["https://github.com/acme/web", "https://git.acme.test:8443/a/b-c_d.git", "https://x"])
def test_plain_addresses_do(text: str) -> None:
    assert safe_link(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "http://github.com/acme/web",
        "https://user:pass@github.com/",
        "https://github.com/acme/web?x=1",
        "https://github.com/acme/web#x",
        "https://github.com/a b",
        "https://github.com/a)[x](y",
        "https://github.com/\u202egpj",
        "https://github.com/a\nSigned-off-by: x",
        "https://github.com/../../x",
        "https://github.com@evil.org/",
        "https://EVIL.org/",
        "//evil.org",
        "Docs|https://evil.org",
        "https://github.com/" + "a" * 300,
        "",
    ],
)
def test_nothing_else_does(text: str) -> None:
    assert safe_link(text) is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://github.com/acme/web", "https://github.com/acme/web/compare/a1...b2"),
        ("https://github.com/acme/web.git/", "https://github.com/acme/web/compare/a1...b2"),
        ("https://gitlab.com/acme/web", "https://gitlab.com/acme/web/-/compare/a1...b2"),
        ("https://gitlab.acme.test/acme/web", "https://gitlab.acme.test/acme/web/-/compare/a1...b2"),
        ("https://codeberg.org/acme/web", "https://codeberg.org/acme/web/compare/a1...b2"),
        ("https://git.acme.test/acme/web", None),
    ],
)
def test_changes_have_an_address_where_the_forge_is_known(source: str, expected: str | None) -> None:
    assert compare_link(source, "a1", "b2") == expected


@pytest.mark.parametrize(
    ("text", "is_one"), [("82b3d5ae55f7", True), ("main", False), ("82b3d5a\n", False), ("", False)]
)
def test_revisions_are_commits(text: str, *, is_one: bool) -> None:
    assert (safe_revision(text) == text) is is_one
