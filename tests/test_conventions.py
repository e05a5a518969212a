"""Laws of this code base that neither ruff nor import-linter knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [path for folder in ("src", "tests", "bench", "scripts") for path in sorted((ROOT / folder).rglob("*.py"))]
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
