from __future__ import annotations

from fairlead.domain.suggesting import MANY, near


def test_the_near_word_is_named_whatever_its_case() -> None:
    assert "`releasesFiles`" in near("releasefiles", ["releases", "releasesFiles"], otherwise="known")


def test_without_a_near_word_the_known_ones_are_listed() -> None:
    assert near("zzz", ["b", "a"], otherwise="known are") == "known are: a, b"
    assert near("zzz", [], otherwise="add it") == "add it"


def test_long_lists_are_cut() -> None:
    text = near("zzz", [f"name{n:03}" for n in range(100)], otherwise="known")
    assert text.count("name") == MANY
