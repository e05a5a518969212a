"""What commits and pull requests say, and that no stranger's text can say more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.pullrequests.groups import Group
from fairlead.domain.pullrequests.messages import (
    Origins,
    asking_nothing,
    asks_the_same,
    body,
    commit_message,
    says_the_same,
    title,
)
from tests.domain.pullrequests.updates import update

SOURCE, REVISION = "org.opencontainers.image.source", "org.opencontainers.image.revision"
LABELS = Origins(
    {SOURCE: "https://github.com/acme/web", REVISION: "a" * 40},
    {SOURCE: "https://github.com/acme/web", REVISION: "b" * 40},
)
WEB = Group("test.web", (update(),))
SUBJECT = "docker.io/acme/web"


def test_a_commit_message() -> None:
    several = Group("shop", (update(), update("api", environment="production", digest="sha256:" + "4" * 64)))

    assert commit_message(several, {SUBJECT: LABELS}) == (
        "Update 2 versions in 2 environments (shop)\n\n"
        "    environment  release  what                from   to\n"
        "    test         web      docker.io/acme/web  1.4.2  1.4.3\n"
        "    production   api      docker.io/acme/api  1.4.2  1.4.3@sha256:" + "4" * 64 + "\n\n"
        "docker.io/acme/web:\n"
        "    Source: https://github.com/acme/web at " + "b" * 40 + "\n"
        "    Changes: https://github.com/acme/web/compare/" + "a" * 40 + "..." + "b" * 40 + "\n"
    )


def test_one_version_is_named_in_the_title() -> None:
    assert title(WEB) == "Update web to 1.4.3 in test"
    both = Group("web", (update(), update(environment="production")))
    assert title(both) == "Update web to 1.4.3 in 2 environments"


def test_the_text_of_a_pull_request_is_a_table_and_links() -> None:
    text = body(WEB, {SUBJECT: LABELS})

    assert "| `test` | `web` | `docker.io/acme/web` | `1.4.2` | `1.4.3` | `newest that PatchLevel allows` |" in text
    assert "- Source: https://github.com/acme/web" in text


def test_labels_that_are_no_links_are_left_out() -> None:
    evil = Origins({}, {SOURCE: "javascript:alert(1)", REVISION: "b" * 40})
    half = Origins({}, {SOURCE: "https://github.com/acme/web", REVISION: "@all"})

    assert evil.lines() == []
    assert half.lines() == ["Source: https://github.com/acme/web"]
    assert "javascript" not in body(WEB, {SUBJECT: evil})


def test_the_same_build_has_no_changes() -> None:
    same = Origins(LABELS.new, LABELS.new)

    assert same.lines() == [f"Source: https://github.com/acme/web at {'b' * 40}"]


def test_a_text_is_recognised_whatever_people_added_to_it() -> None:
    ours, other = body(WEB, {}), body(Group("test.web", (update(to="1.4.4"),)), {})

    assert says_the_same(ours, f"Looks good!\n\n{ours}\n- [x] tried")
    assert not says_the_same(ours, other)
    assert not says_the_same(ours, "written by hand")


HOSTILE = st.text() | st.sampled_from(
    [
        'v1"\n  command: x #',
        "x\n\nSigned-off-by: a",
        "@all",
        "`x`|<!-- fairlead " + "0" * 64 + " -->",
        "](javascript:x)",
    ]
)


@given(HOSTILE, HOSTILE)
def test_no_text_of_a_stranger_leaves_its_place(version: str, reason: str) -> None:
    hostile = Group("test.web", (update(to=version, reason=reason),))

    message, text = commit_message(hostile, {}), body(hostile, {})

    subject, blank, *rest = message.splitlines()
    assert subject.isprintable()
    assert blank == ""
    assert all(line.startswith("    ") and line.isprintable() for line in rest)
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == 1
    assert rows[0].count("`") == 12
    assert rows[0].count("|") == 7
    assert text.count("<!--") == 2
    assert says_the_same(text, text)


def test_what_is_asked_for_does_not_depend_on_what_is_there_and_why() -> None:
    asked = body(WEB, {})
    other = body(Group("test.web", (update(from_version="1.4.1", reason="because"),)), {SUBJECT: LABELS})
    assert asks_the_same(asked, other)
    assert not says_the_same(asked, other)
    assert not asks_the_same(asked, body(Group("test.web", (update(to="1.4.4"),)), {}))
    assert not asks_the_same(asked, body(Group("test.web", (update(), update("api"))), {}))


def test_a_text_that_asks_nothing_stays_otherwise_as_it_is() -> None:
    asked = body(WEB, {})
    quiet = asking_nothing(asked)
    assert not asks_the_same(asked, quiet)
    assert not asks_the_same(quiet, asked)
    assert quiet.splitlines() == [line for line in asked.splitlines() if "asks" not in line]
    assert asking_nothing("by hand") == "by hand"
