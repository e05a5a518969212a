"""What was chosen counts while what is declared is what it was chosen for."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.upgrades.chosen import Chosen, lock_file_of, with_chosen
from fairlead.domain.values import Branch, Layer, Leaf, Origin, plain, provenance, tree_of_value

HERE = Origin(Layer.VALUES, "apps.yaml", 3)


def chosen(declared: str | None, value: str = "new", key: str = "image.tag") -> Chosen:
    return Chosen(key, declared, value, "apps.lock.yaml", 4)


def tree(value: Any) -> Branch:
    found = tree_of_value(value, HERE)
    assert isinstance(found, Branch)
    return found


@pytest.mark.parametrize(
    ("values", "declared", "counts"),
    [
        ({"image": {"tag": "1.0"}}, "1.0", True),
        ({"image": {"tag": 1}}, "1", True),
        ({"image": {"tag": "1.1"}}, "1.0", False),
        ({"image": {"tag": "1.0"}}, None, False),
        ({"image": {"tag": None}}, None, True),
        ({"image": {"tag": ""}}, None, True),
        ({}, None, True),
        ({}, "1.0", False),
        ({"image": {"tag": ["1.0"]}}, "1.0", False),
        ({"image": "acme/web:1.0"}, None, False),
    ],
)
def test_a_choice_counts_for_what_it_was_made_for(values: dict[str, Any], declared: str | None, counts: bool) -> None:
    before = tree(values)
    after = with_chosen(before, [chosen(declared)])
    assert (after != before) is counts
    if counts:
        assert plain(after)["image"]["tag"] == "new"
        assert provenance(after)["image.tag"] == Origin(Layer.LOCK_FILE, "apps.lock.yaml", 4)


@pytest.mark.parametrize("declared", [None, "(secret a/b)"])
def test_no_choice_is_about_a_secret(declared: str | None) -> None:
    hidden = Branch({"image": Branch({"tag": Leaf("(secret a/b)", HERE, "(secret a/b)")}, HERE)}, HERE)
    assert with_chosen(hidden, [chosen(declared)]) == hidden


def test_the_last_choice_counts_and_others_are_kept() -> None:
    found = with_chosen(
        tree({"image": {"tag": "1.0"}, "other": "x"}),
        [chosen("1.0", "1.1"), chosen("1.0", "1.2"), chosen("x", "y", "other")],
    )
    assert plain(found) == {"image": {"tag": "1.2"}, "other": "y"}


@pytest.mark.parametrize(("file", "lock"), [("apps.yaml", "apps.lock.yaml"), ("a/b.c.yml", "a/b.c.lock.yml")])
def test_it_lies_beside_the_release_file(file: str, lock: str) -> None:
    assert lock_file_of(file) == lock
