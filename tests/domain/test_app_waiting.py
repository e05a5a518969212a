"""What is said of an app that waits."""

from __future__ import annotations

import pytest

from fairlead.domain.app_waiting import AWAITS, HANDED_OVER, HELD_BACK, handed_over, waiting
from fairlead.domain.identity import ReleaseKey

KEY = ReleaseKey("test", "c", "prod", "shop")


@pytest.mark.parametrize(
    ("paused", "frozen", "code", "command"),
    [
        (False, False, AWAITS, "`fairlead promote shop -e test`"),
        (True, False, HELD_BACK, "`fairlead resume shop -e test`"),
        (True, True, HELD_BACK, "`fairlead resume shop -e test`"),
        (False, True, HELD_BACK, "freeze"),
    ],
    ids=["person", "paused", "both", "frozen"],
)
def test_what_it_waits_for_and_who_ends_that(*, paused: bool, frozen: bool, code: str, command: str) -> None:
    found = waiting(KEY, "2", paused=paused, frozen=frozen)
    assert (found.code, command in found.explanation) == (code, True)


def test_what_is_only_asked_for_says_what_goes_on_with_it() -> None:
    found = handed_over(KEY, "2")
    assert (found.code, "`fairlead units shop -e test --drive`" in found.explanation) == (HANDED_OVER, True)
