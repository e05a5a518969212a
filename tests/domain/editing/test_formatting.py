"""The normal form: layout alone changes, it is reached at once, and nothing means anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.editing.formatting import formatted
from fairlead.domain.editing.replacing import written
from fairlead.domain.editing.spans import Style
from fairlead.doors.yaml import read_manifests
from fairlead.doors.yaml_spans import read_all_spans


def form(text: str) -> str:
    return formatted(text, read_all_spans(text.replace("\r\n", "\n")))


def meaning(text: str) -> list[object]:
    return [value for value, _ in read_manifests(text.encode(), "f", duplicates=True)]


UGLY = """\
# top


environments:
-   name:   test
    values:
        - key:    a
          value: |
              x
                y


              z
        # about b
        - {key: b,
           value: 1}
    # end of test
-
    name: prod
    list: [a,
           b]
    text: "abc
       def"
    nested:
    - - 1
      -   2
    empty:
---
-   second
"""
NEAT = """\
# top

environments:
  - name: test
    values:
      - key: a
        value: |
            x
              y


            z
      # about b
      - {key: b,
         value: 1}
    # end of test
  -
    name: prod
    list: [a,
           b]
    text: "abc
       def"
    nested:
      - - 1
        - 2
    empty:
---
- second
"""


def test_the_normal_form() -> None:
    assert form(UGLY) == NEAT
    assert meaning(UGLY) == meaning(NEAT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("\n\n", ""),
        ("# only a comment\n", "# only a comment\n"),
        ("a: 1", "a: 1\n"),
        ("a: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2\n"),
        ("a:   1   \r\nb:\r\n    c: 2\r\n", "a: 1\r\nb:\r\n  c: 2\r\n"),
        ("a: # why\n    b: 1\n", "a: # why\n  b: 1\n"),
        ("a:    &x 1\nb: *x\n", "a: &x 1\nb: *x\n"),
        ("a: >-\n      one\n      two  \nb: 1\n", "a: >-\n      one\n      two  \nb: 1\n"),
        ("a:\n    b: |\n        x\n    c: 1\n", "a:\n  b: |\n      x\n  c: 1\n"),
        ("a:\n    - b\n    # last\n", "a:\n  - b\n  # last\n"),
        ("    # far\na: 1\n", "# far\na: 1\n"),
        ("{a: 1,\n    b: 2}\n", "{a: 1,\n    b: 2}\n"),
    ],
)
def test_small_cases(text: str, expected: str) -> None:
    assert form(text) == expected


_WORD = st.sampled_from(["a", "b", "1.10", "true", "x y", "é😀", "'", '"', "#", "", "- x", "k: v", "line\nbreak"])
_SCALAR = st.builds(written, _WORD, st.sampled_from(list(Style)))
_KEYS = st.lists(st.sampled_from(["a", "b", "c", "dd"]), min_size=1, max_size=3, unique=True)


def _indented(lines: list[str], by: int) -> list[str]:
    return [" " * by + line if line else line for line in lines]


@st.composite
def block(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """The lines of a node in block style, indented and spaced at random."""
    kind = draw(st.sampled_from(["scalar"] if depth > 2 else ["map", "list", "scalar", "literal"]))
    if kind == "scalar" or (depth == 0 and kind == "literal"):
        return [draw(_SCALAR)]
    lines: list[str] = []
    step = draw(st.integers(1, 4))
    if kind == "literal":
        return [draw(st.sampled_from(["|", ">", "|-", ">+"])), *_indented(["one", " two", "", "three"], step)]
    keys = draw(_KEYS)
    for key in keys:
        if draw(st.booleans()):
            lines += draw(st.sampled_from([["# about it"], [""], ["", ""], ["# über 😀", ""]]))
        inner = draw(block(depth + 1))
        gap = " " * draw(st.integers(1, 3))
        if kind == "list":
            lines += [f"-{gap}{inner[0]}", *_indented(inner[1:], 1 + len(gap))]
        elif len(inner) == 1 or inner[0][:1] in "|>":
            lines += [f"{key}:{gap}{inner[0]}", *_indented(inner[1:], step)]
        else:
            lines += [f"{key}:", *_indented(inner, step)]
    return lines


@given(block(), st.sampled_from(["\n", "\r\n"]))
def test_the_meaning_stays_and_a_second_time_changes_nothing(lines: list[str], newline: str) -> None:
    text = newline.join(lines) + newline
    try:
        before = meaning(text)
    except Exception:  # noqa: BLE001 - the generator makes some texts that are no YAML; they are not the point here
        return

    once = form(text)

    assert meaning(once) == before
    assert form(once) == once
    assert "".join(once.split()) == "".join(text.split())
