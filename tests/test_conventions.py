"""Laws of this code base that neither ruff nor import-linter knows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [path for folder in ("src", "tests", "bench", "scripts") for path in sorted((ROOT / folder).rglob("*.py"))]
SOURCES = [path for path in FILES if path.is_relative_to(ROOT / "src")]
# Names that say nothing of what is in a module.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "impl"}
LONGEST_MODULE, LONGEST_FUNCTION = 300, 60  # lines
# What follows the rules that are suppressed has to say why.
SUPPRESSION = re.compile(r"# (?:noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\])(.*)")


def unexplained(text: str) -> list[str]:
    """Return the suppressions of a text that give no reason, directly or in a second one that they stand before."""
    found = [SUPPRESSION.search(line) for line in text.splitlines()]
    return [one[0] for one in found if one is not None and len(one[1].strip(" -#")) < 5]


@pytest.mark.parametrize("folder", ["src", "tests", "bench", "scripts"])
def test_every_suppression_gives_its_reason(folder: str) -> None:
    files = [path for path in FILES if path.is_relative_to(ROOT / folder)]
    assert files
    assert {str(path): unexplained(path.read_text()) for path in files if unexplained(path.read_text())} == {}


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("x = f()  # noqa: S311", 1),
        ("x = f()  # type: ignore[arg-type]", 1),
        ("x = f()  # noqa: S311 - spreads reconnects, guards nothing", 0),
        ("x = f()  # type: ignore[misc] # any awaitable", 0),
    ],
)
def test_a_suppression_without_a_reason_would_be_found(line: str, count: int) -> None:
    assert len(unexplained(line)) == count


def test_modules_are_short_and_named_for_what_is_in_them() -> None:
    modules = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in SOURCES}
    assert len(modules) > 100
    assert {str(path): lines for path, lines in modules.items() if lines > LONGEST_MODULE} == {}
    assert [str(path) for path in modules if {path.stem, path.parent.name} & EMPTY_NAMES] == []


def test_functions_are_short() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{node.lineno}": lines
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}


def test_what_tests_share_is_in_no_module_of_tests() -> None:
    """Importing one would tie files together that have to be free to change on their own."""
    shared = {
        f"{path.relative_to(ROOT)}:{node.lineno}": node.module
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").rpartition(".")[2].startswith("test_")
    }
    assert shared == {}
