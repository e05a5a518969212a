from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.errors import InputError
from fairlead.domain.helmignore import read_rules

# (rules, path, is a folder, left out)
TABLE = [
    ("", "a.txt", False, False),
    ("", "templates/.hidden", False, True),
    ("", "templates/.d", True, True),
    ("", "templates/a.yaml", False, False),
    ("", "templates/sub/.hidden", False, False),
    ("", "files/.hidden", False, False),
    ("*.txt", "a.txt", False, True),
    ("*.txt", "deep/er/a.txt", False, True),
    ("*.txt", "a.txt.bak", False, False),
    ("# *.txt", "a.txt", False, False),
    ("  *.txt  ", "a.txt", False, True),
    ("/a.txt", "a.txt", False, True),
    ("/a.txt", "deep/a.txt", False, False),
    ("deep/*.txt", "deep/a.txt", False, True),
    ("deep/*.txt", "deep/er/a.txt", False, False),
    ("deep/*.txt", "other/deep/a.txt", False, False),
    ("docs/", "docs", True, True),
    ("docs/", "docs", False, False),
    ("docs/", "a/docs", True, True),
    ("/docs/", "a/docs", True, False),
    ("docs", "docs", True, True),
    ("?.md", "a.md", False, True),
    ("?.md", "ab.md", False, False),
    ("[ab].md", "b.md", False, True),
    ("[a-c].md", "b.md", False, True),
    ("[^ab].md", "b.md", False, False),
    ("[^ab].md", "c.md", False, True),
    ("[&~|[].md", "&.md", False, True),
    (r"\*.md", "*.md", False, True),
    (r"\*.md", "a.md", False, False),
    (r"[\]].md", "].md", False, True),
    # a negated rule leaves out all that it does not match, and lets the rest go on
    ("!*.yaml", "a.txt", False, True),
    ("!*.yaml", "a.yaml", False, False),
    ("!*.yaml\na.yaml", "a.yaml", False, True),
    ("!docs/", "docs", False, True),
    ("!docs/", "docs", True, False),
    ("\ufeff*.txt", "a.txt", False, True),
]


@pytest.mark.parametrize(("rules", "path", "folder", "left_out"), TABLE)
def test_rules_mean_what_they_mean_to_helm(rules: str, path: str, folder: bool, left_out: bool) -> None:
    assert read_rules(rules).leaves_out(path, folder=folder) is left_out


@pytest.mark.parametrize("rule", ["a/**/b", "[ab", "a\\", "[]", "[^]", "[z-a]"])
def test_rules_that_helm_refuses_are_refused_with_their_line(rule: str) -> None:
    with pytest.raises(InputError) as caught:
        read_rules(f"*.ok\n\n{rule}\n", file="c/.helmignore")
    problem = caught.value.problems[0]
    assert (problem.code, problem.file, problem.line) == ("chartInvalid", "c/.helmignore", 3)


@given(st.text(), st.text(min_size=1))
def test_any_text_is_read_or_refused(rules: str, path: str) -> None:
    try:
        read = read_rules(rules)
    except InputError:
        return
    assert read.leaves_out(path, folder=False) in (True, False)
