from __future__ import annotations

import pytest

from fairlead.domain.upgrades.patterns import TagPattern
from fairlead.domain.upgrades.policy import Order, Policy, Track
from fairlead.domain.upgrades.ranges import parse_range
from fairlead.domain.upgrades.wishes import BadWish, Wish, make_policy


def test_everything_at_once() -> None:
    wish = Wish("Newest", "^1", "v(.*)", "$1", "numerical", prerelease=True, date_tags=True, min_age="2d")
    policy = make_policy(wish)
    assert policy == Policy(
        Track.NEWEST, parse_range("^1"), TagPattern("v(.*)", "$1"), Order.NUMERICAL, True, True, 2 * 86400.0
    )
    assert str(policy) == "Newest, range ^1, match v(.*), numerical order"


def test_nothing_is_wanted_by_default() -> None:
    policy = make_policy(Wish())
    assert (policy, policy.wants_new, str(policy)) == (Policy(), False, "no track")


@pytest.mark.parametrize(
    ("wish", "faults"),
    [
        (Wish("UnknownTrack"), [("track", "invalidValue")]),
        (Wish("PatchLevel", range="a"), [("range", "invalidRange")]),
        (Wish("PatchLevel", match="("), [("match", "invalidPattern")]),
        (Wish("PatchLevel", match="(", extract="$1"), [("match", "invalidPattern")]),
        (Wish("PatchLevel", match="a", extract="$1"), [("extract", "invalidExtract")]),
        (Wish("PatchLevel", extract="$1"), [("extract", "extractWithoutMatch")]),
        (Wish("PatchLevel", order="numerical"), [("order", "orderWithoutNewest")]),
        (Wish(range="1", order="numerical"), [("order", "orderWithoutNewest")]),
        (Wish("PatchLevel", min_age="3x"), [("minAge", "invalidValue")]),
        (Wish(min_age="3d"), [("minAge", "trackMissing")]),
        (Wish(min_age="3d", pins_digest=True), []),
        (Wish(match="a", prerelease=True), [("match", "trackMissing"), ("prerelease", "trackMissing")]),
        (Wish(order="numerical", date_tags=True), [("order", "trackMissing"), ("dateTags", "trackMissing")]),
        (
            Wish("Newes", range="?", match="(", min_age="x"),
            [(key, "") for key in ("track", "range", "match", "minAge")],
        ),
    ],
)
def test_faults(wish: Wish, faults: list[tuple[str, str]]) -> None:
    try:
        make_policy(wish)
    except BadWish as bad:
        found = [(fault.key, fault.code) for fault in bad.faults]
    else:
        found = []
    assert [key for key, _ in found] == [key for key, _ in faults]
    assert all(code in ("", found[index][1]) for index, (_, code) in enumerate(faults))


def test_the_known_tracks_are_named() -> None:
    with pytest.raises(BadWish) as bad:
        make_policy(Wish("Weekly"))
    assert all(track in bad.value.faults[0].remedy for track in Track)
