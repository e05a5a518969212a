"""Polling and observing over a registry in memory. Images are `reg.test/acme/...`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.domain.errors import InputError, OperationFailed, Problem, RemoteRefused, Transient
from fairlead.domain.images import parse_image
from fairlead.domain.published import ChartVersion
from fairlead.domain.upgrades.announcing import announced_chart, announced_image
from fairlead.domain.upgrades.updates import Holds
from fairlead.domain.values import Layer
from tests.fakes.upgrades import (
    CACHE,
    DAY,
    MINOR,
    NEWEST,
    NOW,
    PIN,
    WEB,
    codes,
    digest,
    made,
    poll_site,
    seen,
    site,
    web,
)


async def test_everything_about_an_update(tmp_path: Path) -> None:
    place = poll_site(tmp_path, MINOR)
    place.publish(WEB, v1_0=made(9), v1_1=made(3, "b"), v2_0=made(1))
    found = await place.upgrading.poll(place.targets)
    (update,) = found.updates
    assert (update.subject, update.from_version, update.to_version, update.text) == (WEB, "1.0", "1.1", "1.1")
    standing = update.standing
    assert (standing.key, standing.holds, standing.layer) == ("image.tag", Holds.TAG, Layer.VALUES)
    assert (standing.file, standing.text) == ("apps.yaml", "1.0")
    assert (update.track, update.time, update.digest) == ("MinorVersion", NOW - 3 * DAY, None)
    assert (found.skipped, found.settled, found.is_failure) == ((), 0, False)


async def test_one_failure_is_nobody_elses(tmp_path: Path) -> None:
    place = site(tmp_path, "releases:\n" + web(MINOR) + web(MINOR, name="api", repository="acme/api"))
    place.publish(WEB, v1_0=made(), v1_1=made())
    place.registry.failing["reg.test/acme/api"] = RemoteRefused(Problem("registryRefused", "no"), status=403)
    found = await place.upgrading.poll(place.targets)
    assert seen(found) == [("web", "1.0", "1.1")]
    assert codes(found) == [("api", "registryRefused")]
    assert not found.is_failure
    place.registry.failing[WEB] = Transient(Problem("registryBusy", "later"))
    assert (await place.upgrading.poll(place.targets)).is_failure


@pytest.mark.parametrize("trigger", [MINOR, NEWEST])
async def test_a_list_that_has_shrunk_changes_nothing(tmp_path: Path, trigger: str) -> None:
    place = poll_site(tmp_path, trigger, "1.2")
    place.publish(WEB, v1_0=made(), v1_1=made(), v1_3=made(0))
    found = await place.upgrading.poll(place.targets)
    assert (seen(found), codes(found)) == ([], [("web", "currentNotListed")])


async def test_only_one_image(tmp_path: Path) -> None:
    releases = "releases:\n" + web(MINOR) + web(MINOR, name="api", repository="acme/api")
    place = site(tmp_path, releases)
    place.publish("reg.test/acme/api", v1_0=made(), v1_1=made())
    found = await place.upgrading.poll(place.targets, image=parse_image("reg.test/acme/api").name)
    assert (seen(found), codes(found)) == ([("api", "1.0", "1.1")], [])
    with pytest.raises(InputError) as caught:
        await place.upgrading.poll(place.targets, image=parse_image("reg.test/acme/apis").name)
    assert caught.value.code == "unknownImage"
    assert "reg.test/acme/api" in (caught.value.problems[0].remedy or "")


async def test_an_announced_tag_takes_part_as_itself(tmp_path: Path) -> None:
    """KubeCD chose 1.0.5 for the first one, which another release runs and nobody had announced."""
    place = site(tmp_path, "releases:\n" + web(MINOR, "1.0.0") + web(MINOR, "1.0.5", "api") + web(MINOR, "0.9", "old"))
    found = await place.upgrading.observe(place.targets, announced_image(f"{WEB}:1.0.3"))
    assert seen(found) == [("web", "1.0.0", "1.0.3")]
    assert codes(found) == [("api", "older"), ("old", "outsideTrack")]
    assert found.updates[0].time == NOW
    assert place.registry.asked == []


@pytest.mark.parametrize(
    ("trigger", "tag", "announced", "code"),
    [
        (MINOR, "1.0", "1.0", "current"),
        (MINOR, "1.0", "latest", "latest"),
        (NEWEST, "1.0", "latest", "latest"),
        (MINOR, "1.0", "v1.0.0", "sameVersion"),
        (MINOR, "main", "1.0", "currentNotVersion"),
        ("{image: {}}", "1.0", "1.1", "notWanted"),
        ("{image: {track: MinorVersion, minAge: 1d}}", "1.0", "1.1", "tooYoung"),
        ("{image: {track: MinorVersion, digest: pin}}", "1.0", "1.1", "digestUnknown"),
        (PIN, "1.0", "1.0", "digestUnknown"),
        (PIN, "1.0", "1.1", "notWanted"),
    ],
)
async def test_who_announces_is_told_why_nothing_changes(
    tmp_path: Path, trigger: str, tag: str, announced: str, code: str
) -> None:
    place = poll_site(tmp_path, trigger, tag)
    found = await place.upgrading.observe(place.targets, announced_image(f"{WEB}:{announced}"))
    assert (found.updates, codes(found)) == ((), [("web", code)])


async def test_an_announced_digest_is_written(tmp_path: Path) -> None:
    place = poll_site(tmp_path, "{image: {track: MinorVersion, digest: pin}}")
    found = await place.upgrading.observe(place.targets, announced_image(f"{WEB}:1.1@{digest('a')}"))
    assert found.updates[0].text == f"1.1@{digest('a')}"
    followed = await place.upgrading.observe(place.targets, announced_image(f"{WEB}:1.0@{digest('a')}"))
    assert followed.updates[0].text == f"1.0@{digest('a')}"


async def test_an_announcement_counts_as_now_or_as_its_time(tmp_path: Path) -> None:
    place = poll_site(tmp_path, "{image: {track: Newest, minAge: 1d}}")
    announced = announced_image(f"{WEB}:other")
    assert codes(await place.upgrading.observe(place.targets, announced)) == [("web", "tooYoung")]
    (update,) = (await place.upgrading.observe(place.targets, replace(announced, time=NOW - 2 * DAY))).updates
    assert update.time == NOW - 2 * DAY


async def test_other_images_and_registries_of_other_environments_do_not_react(tmp_path: Path) -> None:
    place = site(tmp_path, "releases:\n" + web(MINOR) + web(MINOR, name="api", repository="acme/api"))
    found = await place.upgrading.observe(place.targets, announced_image("other.test/acme/web:1.1"))
    assert (found.updates, found.skipped, found.settled) == ((), (), 0)


async def test_verify_asks_whether_it_is_there_and_newer(tmp_path: Path) -> None:
    place = poll_site(tmp_path, NEWEST)
    place.publish(WEB, v1_0=made(5), v0_9=made(9), v1_1=made(1, "a"))

    async def outcome(text: str, days_ago: float | None = None) -> tuple[object, object]:
        announced = announced_image(text, None if days_ago is None else NOW - days_ago * DAY)
        found = await place.upgrading.observe(place.targets, announced, verify=True)
        return seen(found), codes(found)

    assert await outcome(f"{WEB}:1.1") == ([("web", "1.0", "1.1")], [])
    assert await outcome(f"{WEB}:0.9") == ([], [("web", "older")])
    assert await outcome(f"{WEB}:0.9", days_ago=1) == ([("web", "1.0", "0.9")], [])
    assert await outcome(f"{WEB}:1.1", days_ago=7) == ([], [("web", "older")])
    assert await outcome(f"{WEB}:1.1@{digest('a')}") == ([("web", "1.0", "1.1")], [])
    for text, code in ((f"{WEB}:1.2", "tagNotFound"), (f"{WEB}:1.1@{digest('b')}", "digestMismatch")):
        with pytest.raises(OperationFailed) as caught:
            await outcome(text)
        assert caught.value.code == code
    del place.registry.images[parse_image(WEB).name]["1.0"]
    assert await outcome(f"{WEB}:1.1") == ([], [("web", "timeUnknown")])


@pytest.mark.parametrize("reference", ["acme/cache", "oci://reg.test/charts/cache"])
async def test_an_announced_chart(tmp_path: Path, reference: str) -> None:
    place = site(tmp_path, CACHE.format(f"'{reference}'", "1.0.0", "track: MinorVersion") + web(MINOR))
    announced = announced_chart(f"{reference}:1.1.0")
    assert seen(await place.upgrading.observe(place.targets, announced)) == [("cache", "1.0.0", "1.1.0")]
    with pytest.raises(InputError):
        await place.upgrading.observe(place.targets, announced, verify=True)
    place.registry.publish_chart(reference, ChartVersion("1.0.0"), ChartVersion("1.1.0"))
    verified = await place.upgrading.observe(place.targets, announced, verify=True)
    assert seen(verified) == [("cache", "1.0.0", "1.1.0")]
    other = await place.upgrading.observe(place.targets, announced_chart("acme/other:1.1.0"))
    assert (other.updates, other.skipped) == ((), ())


async def test_a_release_that_may_be_concerned_is_named(tmp_path: Path) -> None:
    bare = "  - {name: bare, chart: {dir: c}, trigger: {image: {track: Newest}}}\n"
    place = site(tmp_path, "releases:\n" + web(MINOR) + bare)
    found = await place.upgrading.observe(place.targets, announced_image(f"{WEB}:1.1"))
    assert (seen(found), codes(found)) == ([("web", "1.0", "1.1")], [("bare", "imageMissing")])


@pytest.mark.parametrize(
    ("trigger", "announced", "expected"),
    [
        (MINOR, ["1.1", "1.3", "1.2"], "1.3"),
        (MINOR, ["1.1", "2.0", "nightly"], "1.1"),
        (NEWEST, ["b", "a"], "a"),
        (NEWEST, ["a@9", "b@1", "c@5"], "b"),
    ],
)
async def test_what_is_announced_together_competes(
    tmp_path: Path, trigger: str, announced: list[str], expected: str
) -> None:
    place = poll_site(tmp_path, trigger)
    told = [
        announced_image(f"{WEB}:{tag}", NOW - int(days) * DAY if days else None)
        for tag, _, days in (each.partition("@") for each in announced)
    ]
    other = announced_image("reg.test/acme/other:9.9")

    found = await place.upgrading.observe_all(place.targets, [*told, other])

    # `NEWEST` without times: what was announced last is the newest.
    assert seen(found) == [("web", "1.0", expected)]


@pytest.mark.parametrize(
    ("days_ago", "expected"), [(3, [("web", "1.0", "a")]), (5, []), (7, []), (None, [("web", "1.0", "a")])]
)
async def test_a_late_announcement_is_older_than_what_is_known_to_run(
    tmp_path: Path, days_ago: int | None, expected: list[tuple[str, str, str]]
) -> None:
    place = poll_site(tmp_path, NEWEST)
    told = announced_image(f"{WEB}:a", None if days_ago is None else NOW - days_ago * DAY)
    earlier = [
        announced_image("reg.test/acme/other:1.0", NOW - 9 * DAY),
        announced_image(f"{WEB}:1.0", NOW - 5 * DAY),
        announced_image(f"{WEB}:b", NOW - DAY),  # not announced now, so nobody takes it
    ]

    found = await place.upgrading.observe_all(place.targets, [told], earlier)

    assert seen(found) == expected
    assert codes(found) == ([] if expected else [("web", "older")])
