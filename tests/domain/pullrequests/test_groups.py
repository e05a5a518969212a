"""Which updates travel together, and on which branch."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.pullrequests.groups import PREFIX, Group, branch_of, grouped
from tests.domain.pullrequests.updates import update

# What `git check-ref-format` takes, as far as it matters here.
_REF = re.compile(r"(?!.*(\.\.|//|@\{|\.lock(/|$)|\.(/|$)|/\.))[^\x00-\x20\x7f~^:?*\[\\]+")


@pytest.mark.parametrize(
    ("group", "branch"),
    [("test.web", "fairlead/test.web"), ("backend", "fairlead/backend"), ("1.2", "fairlead/1.2")],
)
def test_a_plain_name_is_the_branch(group: str, branch: str) -> None:
    assert branch_of(group) == branch


@given(st.text(min_size=1))
def test_any_name_makes_a_branch_that_git_takes(group: str) -> None:
    branch = branch_of(group)

    assert branch.startswith(PREFIX)
    assert branch.count("/") == 1
    assert _REF.fullmatch(branch)
    assert len(branch) < 200


@given(st.sets(st.text(min_size=1), min_size=2))
def test_different_names_make_different_branches(groups: set[str]) -> None:
    assert len({branch_of(group) for group in groups}) == len(groups)


def test_updates_are_grouped_by_name() -> None:
    web, api, job = update("web"), update("api"), update("job")

    found = grouped([web, api, job], {web: "shop", api: "shop", job: "a.job"})

    assert found == (Group("a.job", (job,)), Group("shop", (web, api)))
    assert found[0].branch == "fairlead/a.job"
