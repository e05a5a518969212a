"""What a delivery is about, and whether saying the same again may mean something new."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fairlead.domain.images import parse_image
from fairlead.domain.webhooks.deliveries import Announcement, BranchPushed, Delivery, ImagePushed

WEB = parse_image("web").name
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MAIN, OLD = BranchPushed("acme/web", "main", "a" * 40), BranchPushed("acme/web", "1.x", "b" * 40)


@pytest.mark.parametrize(
    ("announcements", "about"),
    [
        ((MAIN,), "acme/web main"),
        ((MAIN, OLD), "acme/web 1.x\nacme/web main"),
        ((OLD, MAIN), "acme/web 1.x\nacme/web main"),
        ((ImagePushed(WEB, "1"),), None),
        ((MAIN, ImagePushed(WEB, "1")), None),
        ((), None),
    ],
    ids=["a branch", "two", "two in another order", "an image", "both", "nothing"],
)
def test_branches_are_what_a_delivery_is_about(announcements: tuple[Announcement, ...], about: str | None) -> None:
    assert Delivery("forge", "1", announcements).about == about


@pytest.mark.parametrize(
    ("announcement", "tells_apart"),
    [
        (ImagePushed(WEB, "1"), False),
        (ImagePushed(WEB, "1", digest="sha256:" + "a" * 64), True),
        (ImagePushed(WEB, "1", time=NOON), True),
        (MAIN, True),
    ],
    ids=["a tag alone", "a digest", "a time", "a branch"],
)
def test_only_a_tag_alone_may_have_moved_when_it_is_told_again(announcement: Announcement, tells_apart: bool) -> None:
    assert announcement.tells_apart == tells_apart
