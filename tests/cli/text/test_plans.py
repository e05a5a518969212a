"""A plan as people see it."""

from __future__ import annotations

import pytest

from fairlead.cli.output import styled
from fairlead.cli.text.plans import plan_lines
from fairlead.cli.wire.plans import plan_document
from tests.cli.text.plans import (
    PLANS,
)
from tests.conftest import Golden


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("width", [None, 80])
def test_plans(golden: Golden, name: str, width: int | None) -> None:
    text = styled(plan_lines(plan_document(PLANS[name]), width), color=False)
    golden(f"cli/plan-{name}{'' if width is None else f'-{width}'}.txt", text)
    assert width is None or max(map(len, text.splitlines())) <= width


def test_verbose_names_what_stays(golden: Golden) -> None:
    text = styled(plan_lines(plan_document(PLANS["unchanged"]), None, verbose=1), color=False)
    golden("cli/plan-verbose.txt", text)


def test_colours_only_decorate() -> None:
    document = plan_document(PLANS["changes"])
    plain = styled(plan_lines(document, 80), color=False)
    colored = styled(plan_lines(document, 80), color=True)
    assert "\x1b[" in colored
    assert "\x1b[" not in plain


def test_what_others_added_shows_only_to_who_looks_closely() -> None:
    document = plan_document(PLANS["changes"])

    shown = ["\n".join(line.plain for line in plan_lines(document, None, verbose=level)) for level in (0, 1)]

    assert ["/metadata/annotations/note" in text for text in shown] == [False, True]
