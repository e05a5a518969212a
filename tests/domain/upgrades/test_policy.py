from __future__ import annotations

import pytest

from fairlead.domain.upgrades.wishes import Wish, make_policy


@pytest.mark.parametrize(
    ("wish", "name", "needs_times"),
    [
        (Wish("Newest"), "Newest", True),
        (Wish("Newest", order="numerical"), "Newest", False),
        (Wish("PatchLevel", range="^1"), "PatchLevel", False),
        (Wish("PatchLevel", min_age="1d"), "PatchLevel", True),
        (Wish(range="^1"), "range ^1", False),
        (Wish(), "digest", False),
    ],
)
def test_what_a_policy_is_called_and_needs(wish: Wish, name: str, needs_times: bool) -> None:
    policy = make_policy(wish)
    assert (policy.name, policy.needs_times) == (name, needs_times)
