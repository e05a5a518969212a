"""What README and docs say: every command line in them is one, and every link leads somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.exceptions import TyperException

from fairlead.cli.catalog import find
from fairlead.cli.main import commands

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
# How the text says "more follows": such a line is a mention, not a command line.
ELLIPSES = {"...", "…"}
# Names for any one of a few words; other names stand for themselves.
PLACEHOLDERS = {"SHELL": "bash"}
ENDS = {"|", "||", "&&", ";", ">", "2>", "<", "#"}

FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(fairlead [^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def command_lines(text: str) -> Iterator[str]:
    """Every `fairlead ...` in code: in blocks, where a line begins with it, and in the running text.

    What is only begun, for the shell to complete, is none.
    """
    for block in FENCE.findall(text):
        for line in block.splitlines():
            found = re.match(r"\s*(?:\$ )?(?:\w+=\S* )*(fairlead .+)", line)
            if found:
                yield found[1]
    yield from (line for line in INLINE.findall(FENCE.sub("", text)) if "<Tab>" not in line)


def words(line: str) -> list[str]:
    """The words of the first command of a line, without its redirections and what is piped or comes next."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    taken: list[str] = []
    for word in lexer:
        if word in ENDS:
            break
        taken.append(word)
    return taken


def check(line: str, known: dict[str, Any]) -> None:
    """Read a command line as `fairlead` does, without doing anything."""
    try:
        _, *arguments = words(line)
        parse([PLACEHOLDERS.get(word, word) for word in arguments], known)
    except (ValueError, TyperException) as error:
        raise AssertionError(f"{line}: {error}") from error


def parse(arguments: list[str], known: dict[str, Any]) -> None:
    name, *rest = arguments
    if name.startswith("-"):
        assert name in ("--help", "--version")
        return
    entry = find(name)
    assert entry is not None, f"there is no command {name}"
    if "--help" in rest or ELLIPSES & set(rest):
        return
    command = known[entry.name]
    if getattr(command, "commands", None):
        if not rest:
            return
        assert rest[0] in command.commands, f"there is no command {name} {rest[0]}"
        command, rest = command.commands[rest[0]], rest[1:]
    # A mention of a command by its name alone leaves out what it needs.
    if rest:
        with typer.Context(command, info_name=name):
            command.make_context(name, rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_line_can_be_run(page: Path) -> None:
    known = commands()
    for line in command_lines(page.read_text()):
        check(line, known)


def test_there_are_command_lines_to_check() -> None:
    counts = {page.name: len(list(command_lines(page.read_text()))) for page in PAGES}
    assert counts["first-deployment.md"] > 10
    assert sum(counts.values()) > 200


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.is_relative_to(ROOT), f"{target} leads out"
        assert other.exists(), f"{target} leads nowhere"
        assert not anchor or anchor in anchors(other.read_text()), f"{target}: no such heading"


def anchors(text: str) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in HEADING.findall(text)
    }


@pytest.mark.parametrize(
    "wrong", ["fairlead depoly test", "fairlead plan test --wrong", "fairlead sandbox upp", "fairlead values test"]
)
def test_a_wrong_command_line_would_be_found(wrong: str) -> None:
    (line,) = command_lines(f"```sh\n{wrong}\n```")
    with pytest.raises(AssertionError):
        check(line, commands())


def test_every_page_of_the_docs_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target).resolve() for target in LINK.findall(index.read_text()) if "://" not in target}
    assert {page for page in PAGES if page.is_relative_to(index.parent)} - {index} <= linked


def test_what_the_source_refers_to_is_there() -> None:
    named = {
        name
        for path in (ROOT / "src").rglob("*.py")
        for name in re.findall(r"docs/[\w/-]+\.(?:md|json)", path.read_text())
    }
    assert len(named) > 5
    assert {name for name in named if not (ROOT / name).exists()} == set()
