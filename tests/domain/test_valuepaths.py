from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.valuepaths import BadValuePath, ValuePath, format_path, parse_path

PATHS: list[tuple[str, ValuePath]] = [
    ("a", ("a",)),
    ("a.b", ("a", "b")),
    (r"a\.b", ("a.b",)),
    (r"nodeSelector.kubernetes\.io/role", ("nodeSelector", "kubernetes.io/role")),
    ("a[0]", ("a", 0)),
    ("a[01]", ("a", 1)),
    ("a[2].b", ("a", 2, "b")),
    ("a[0][1]", ("a", 0, 1)),
    ("a[0].b[1].c", ("a", 0, "b", 1, "c")),
    ("a[65536]", ("a", 65536)),
    (r"a\[0]", ("a[0]",)),
    (r"a\=b", ("a=b",)),
    (r"a\,b", ("a,b",)),
    (r"a\\b", ("a\\b",)),
    (r"a\n", ("an",)),
    ("a b", ("a b",)),
    ("a]", ("a]",)),
    ("a{b", ("a{b",)),
    (".".join("a" * 31), ("a",) * 31),
]


@pytest.mark.parametrize(("text", "path"), PATHS)
def test_paths_as_helm_reads_them(text: str, path: ValuePath) -> None:
    assert parse_path(text) == path


NO_PATHS = [
    "",
    ".a",
    "a.",
    "a..b",
    "[0]",
    "a[x]",
    "a[-1]",
    "a[]",
    "a[ 1 ]",
    "a[65537]",
    "a[0]b",
    "a[0].",
    "a.[0]",
    "a[1",
]


@pytest.mark.parametrize("text", [*NO_PATHS, "a\\", ".".join("a" * 32)])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(BadValuePath):
        parse_path(text)


@given(
    st.text(min_size=1),
    st.lists(st.one_of(st.text(min_size=1), st.integers(min_value=0, max_value=65536)), max_size=20),
)
def test_a_path_survives_being_written(first: str, rest: list[str | int]) -> None:
    path = (first, *rest)
    assert parse_path(format_path(path)) == path


@given(st.text())
def test_any_text_is_a_path_or_is_refused(text: str) -> None:
    try:
        parse_path(text)
    except BadValuePath:
        return
