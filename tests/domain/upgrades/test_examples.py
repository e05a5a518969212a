"""The reference of triggers shows what the tests run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from fairlead.domain.upgrades.wishes import Wish
from tests.domain.upgrades.cases import SECTIONS, Case
from tests.fakes.declared import declare_releases

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "triggers.md"
MARK = "<!-- examples -->\n"
KEYS = {"date_tags": "dateTags", "min_age": "minAge"}


def test_the_examples_are_up_to_date(request: pytest.FixtureRequest) -> None:
    before, _, _ = PAGE.read_text().partition(MARK)
    text = before + MARK + "\n".join(_tables()) + "\n"
    if request.config.getoption("--update-goldens"):
        PAGE.write_text(text)
    assert PAGE.read_text() == text, "stale: run pytest --update-goldens"


def _tables() -> Iterator[str]:
    for heading, cases in SECTIONS.items():
        yield from ("", f"### {heading}", "", "| trigger | current | there are | chosen |", "| --- | --- | --- | --- |")
        for case in cases:
            there = ", ".join(f"`{tag}`" for tag in case.offered.split())
            yield f"| `{_keys(case.wish)}` | `{case.current}` | {there} | {_outcome(case)} |"


def _keys(wish: Wish) -> str:
    written = [(KEYS.get(field.name, field.name), getattr(wish, field.name)) for field in fields(Wish)]
    texts = [f"{key}: {str(value).lower() if value is True else value}" for key, value in written if value]
    return ", ".join(texts).replace("|", "\\|")


def _outcome(case: Case) -> str:
    if case.code is not None:
        return f"error `{case.code}`"
    return f"`{case.chosen}`" if case.chosen else "stays"


def test_the_examples_of_the_page_load() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    declared = [declare_releases(block) for block in blocks]
    assert [(one.codes, len(one.release.triggers)) for one in declared] == [([], 2), ([], 1)]
