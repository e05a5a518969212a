"""One watch against what a registry holds: what is looked at, what wins, what is pinned."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.errors import OperationFailed, Problem, RemoteRefused, Transient
from fairlead.domain.images import parse_image
from tests.fakes.upgrades import (
    MINOR,
    NEWEST,
    PIN,
    WEB,
    codes,
    digest,
    made,
    poll_site,
    seen,
)


async def test_only_what_could_win_is_looked_at(tmp_path: Path) -> None:
    place = poll_site(tmp_path, "{image: {track: Newest, match: 'main-.*'}}", "main-1")
    for tag in ("main-1", "main-2", "dev-1", "dev-2", "latest"):
        place.registry.publish(f"{WEB}:{tag}", made(3 if tag == "main-1" else 1))
    assert seen(await place.upgrading.poll(place.targets)) == [("web", "main-1", "main-2")]
    assert {one for one in place.registry.asked if one[0] == "facts"} == {
        ("facts", WEB, "main-1"),
        ("facts", WEB, "main-2"),
    }


async def test_a_tag_that_leads_nowhere_gives_way_to_the_next(tmp_path: Path) -> None:
    place = poll_site(tmp_path, MINOR)
    place.publish(WEB, v1_0=made(), v1_1=made(), v1_2=made())
    place.registry.failing[f"{WEB}:1.2"] = RemoteRefused(Problem("tagNotFound", "gone"), status=404)
    assert seen(await place.upgrading.poll(place.targets)) == [("web", "1.0", "1.1")]
    place.registry.failing[f"{WEB}:1.2"] = Transient(Problem("registryBusy", "later"))
    found = await place.upgrading.poll(place.targets)
    assert (seen(found), codes(found)) == ([], [("web", "registryBusy")])


@pytest.mark.parametrize(
    ("tag", "error", "result"),
    [
        ("1.2", RemoteRefused(Problem("tagNotFound", "gone")), ([("web", "1.0", "1.1")], [])),
        ("1.2", Transient(Problem("registryBusy", "later")), ([], [("web", "registryBusy")])),
        ("1.0", RemoteRefused(Problem("tagNotFound", "gone")), ([], [("web", "timeUnknown")])),
    ],
)
async def test_tags_that_lead_nowhere_by_time(
    tmp_path: Path, tag: str, error: OperationFailed, result: tuple[object, object]
) -> None:
    place = poll_site(tmp_path, NEWEST)
    place.publish(WEB, v1_0=made(9), v1_1=made(3), v1_2=made(1))
    place.registry.failing[f"{WEB}:{tag}"] = error
    found = await place.upgrading.poll(place.targets)
    assert (seen(found), codes(found)) == result


async def test_age(tmp_path: Path) -> None:
    place = poll_site(tmp_path, "{image: {track: MinorVersion, minAge: 3d}}")
    place.publish(WEB, v1_0=made(9), v1_1=made(5), v1_2=made(4), v1_3=made(2), v1_4=made(1))
    assert seen(await place.upgrading.poll(place.targets)) == [("web", "1.0", "1.2")]
    assert ("facts", WEB, "1.1") not in place.registry.asked
    place.clock.advance(timedelta(days=2).total_seconds())
    assert seen(await place.upgrading.poll(place.targets)) == [("web", "1.0", "1.4")]


async def test_platform(tmp_path: Path) -> None:
    place = poll_site(tmp_path, "{image: {track: MinorVersion, platform: linux/arm64}}")
    both, intel = {"linux/amd64": made(), "linux/arm64": made()}, {"linux/amd64": made()}
    for tag, platforms in (("1.0", both), ("1.1", both), ("1.2", intel)):
        place.registry.publish(f"{WEB}:{tag}", platforms)
    assert seen(await place.upgrading.poll(place.targets)) == [("web", "1.0", "1.1")]


async def test_a_moving_tag_is_followed_by_its_digest(tmp_path: Path) -> None:
    place = poll_site(tmp_path, PIN, "latest")
    place.registry.publish(f"{WEB}:latest", made(letter="a"))
    (update,) = (await place.upgrading.poll(place.targets)).updates
    assert (update.text, update.from_digest, update.track) == (f"latest@{digest('a')}", None, "digest")
    assert ("tags", WEB) not in place.registry.asked
    pinned = poll_site(tmp_path, PIN, f"latest@{digest('a')}")
    pinned.registry = place.registry
    found = await pinned.upgrading.poll(pinned.targets)
    assert (found.updates, found.settled) == ((), 1)
    place.registry.publish(f"{WEB}:latest", made(letter="b"))
    (update,) = (await pinned.upgrading.poll(pinned.targets)).updates
    assert (update.text, update.from_digest) == (f"latest@{digest('b')}", digest("a"))


async def test_a_pin_waits_for_its_age_too(tmp_path: Path) -> None:
    place = poll_site(tmp_path, "{image: {digest: pin, minAge: 3d}}", "latest")
    place.registry.publish(f"{WEB}:latest", made(1))
    assert (await place.upgrading.poll(place.targets)).settled == 1
    place.clock.advance(timedelta(days=2).total_seconds())
    assert seen(await place.upgrading.poll(place.targets)) == [("web", "latest", "latest")]


async def test_a_track_with_a_pin_prefers_the_new_tag(tmp_path: Path) -> None:
    place = poll_site(tmp_path, "{image: {track: MinorVersion, digest: pin}}", f"1.0@{digest('a')}")
    place.publish(WEB, v1_0=made(letter="b"), v1_1=made(letter="c"))
    (update,) = (await place.upgrading.poll(place.targets)).updates
    assert (update.text, update.digest) == (f"1.1@{digest('c')}", digest("c"))
    del place.registry.images[parse_image(WEB).name]["1.1"]
    (update,) = (await place.upgrading.poll(place.targets)).updates
    assert update.text == f"1.0@{digest('b')}"


async def test_what_is_pinned_stays_pinned_but_is_not_followed(tmp_path: Path) -> None:
    place = poll_site(tmp_path, MINOR, f"1.0@{digest('a')}")
    place.publish(WEB, v1_0=made(letter="b"))
    assert (await place.upgrading.poll(place.targets)).settled == 1
    place.publish(WEB, v1_1=made(letter="c"))
    (update,) = (await place.upgrading.poll(place.targets)).updates
    assert update.text == f"1.1@{digest('c')}"
