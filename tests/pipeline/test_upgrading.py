"""Polling and observing over a registry in memory. Images are `reg.test/acme/...`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.errors import InputError, OperationFailed, Problem, RemoteRefused, Transient
from fairlead.domain.images import parse_image
from fairlead.domain.published import ChartVersion
from fairlead.domain.upgrades.announcing import announced_chart, announced_image
from fairlead.domain.upgrades.updates import Holds, Upgrades
from fairlead.domain.values import Layer
from tests.fakes.upgrades import DAY, NOW, Site, digest, made, site, web

WEB = "reg.test/acme/web"
MINOR, NEWEST, PIN = "{image: {track: MinorVersion}}", "{image: {track: Newest}}", "{image: {digest: pin}}"


def seen(found: Upgrades) -> list[tuple[str, str, str]]:
    return [(one.release.release, one.from_version, one.to_version) for one in found.updates]


def codes(found: Upgrades) -> list[tuple[str, str]]:
    return [(one.release.release, one.code) for one in found.skipped]


def poll_site(root: Path, trigger: str, tag: str = "1.0") -> Site:
    return site(root, "releases:\n" + web(trigger, tag))


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


async def test_an_image_is_listed_once_for_all_who_run_it(tmp_path: Path) -> None:
    place = site(
        tmp_path,
        "releases:\n"
        + web(MINOR)
        + web("{image: {track: PatchLevel}}", name="api")
        + web(MINOR, "1.1", "new")
        + web(MINOR, "9.0", "old"),
    )
    place.publish(WEB, v1_0=made(), v1_0_1=made(), v1_1=made())
    found = await place.upgrading.poll(place.targets)
    assert seen(found) == [("web", "1.0", "1.1"), ("api", "1.0", "1.0.1")]
    assert codes(found) == [("old", "currentNotListed")]
    assert found.settled == 1
    assert place.registry.asked.count(("tags", WEB)) == 1


async def test_only_what_could_win_is_looked_at(tmp_path: Path) -> None:
    place = poll_site(tmp_path, "{image: {track: Newest, match: 'main-.*'}}", "main-1")
    for tag in ("main-1", "main-2", "dev-1", "dev-2", "latest"):
        place.registry.publish(f"{WEB}:{tag}", made(3 if tag == "main-1" else 1))
    assert seen(await place.upgrading.poll(place.targets)) == [("web", "main-1", "main-2")]
    assert {one for one in place.registry.asked if one[0] == "facts"} == {
        ("facts", WEB, "main-1"),
        ("facts", WEB, "main-2"),
    }


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


async def test_what_cannot_be_decided_is_said(tmp_path: Path) -> None:
    releases = "releases:\n" + web(MINOR, "main") + web("{image: {}}", name="idle") + web(MINOR, "20180203", "dated")
    releases += "  - {name: files, resourceFiles: [m.yaml], trigger: {image: {track: Newest}}}\n"
    releases += "  - {name: own, chart: {dir: c}, trigger: {chart: {track: Newest}}}\n"
    releases += "  - {name: bare, chart: {dir: c}, trigger: {image: {track: Newest}}}\n"
    place = site(tmp_path, releases, {"m.yaml": ""})
    for tag in ("main", "20180203"):
        place.registry.publish(f"{WEB}:{tag}", made())
    assert codes(await place.upgrading.poll(place.targets)) == [
        ("web", "currentNotVersion"),
        ("idle", "noTrack"),
        ("dated", "currentNotVersion"),
        ("files", "valuesMissing"),
        ("own", "chartNotPublished"),
        ("bare", "imageMissing"),
    ]


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


CACHE = "releases:\n  - {{name: cache, chart: {{reference: {0}, version: {1}}}, trigger: {{chart: {{{2}}}}}}}\n"


@pytest.mark.parametrize("reference", ["acme/cache", "oci://reg.test/charts/cache"])
@pytest.mark.parametrize(
    ("trigger", "version"),
    [
        ("track: PatchLevel", "1.0.1"),
        ("track: MinorVersion", "1.1.0"),
        ("track: MajorVersion", "2.0.0+build.1"),
        ("track: Newest", "0.9.9"),
        ("track: MajorVersion, minAge: 4d", "1.1.0"),
        ("range: ^1", "1.1.0"),
    ],
)
async def test_charts(tmp_path: Path, reference: str, trigger: str, version: str) -> None:
    place = site(tmp_path, CACHE.format(f"'{reference}'", "1.0.0", trigger))
    ages = {"0.9.9": 1, "1.0.0": 9, "1.0.1": 8, "1.1.0": 5, "2.0.0+build.1": 2, "3.0.0-rc.1": 3}
    versions = [ChartVersion(one, NOW - days * DAY) for one, days in ages.items()]
    place.registry.publish_chart(reference, *versions)
    (update,) = (await place.upgrading.poll(place.targets)).updates
    assert (update.to_version, update.text, update.subject) == (version, version, reference)
    assert (update.standing.key, update.standing.file) == ("chart.version", "apps.yaml")
    assert update.time == NOW - ages[version] * DAY


async def test_a_chart_version_in_another_spelling_is_found(tmp_path: Path) -> None:
    place = site(tmp_path, CACHE.format("acme/cache", "1.0", "track: Newest"))
    versions = (ChartVersion("v1.0.0", NOW - 2 * DAY), ChartVersion("v1.1.0", NOW - DAY))
    place.registry.publish_chart("acme/cache", *versions)
    assert seen(await place.upgrading.poll(place.targets)) == [("cache", "1.0", "v1.1.0")]


async def test_the_chart_tells_what_is_not_declared(tmp_path: Path) -> None:
    releases = "releases:\n  - {name: web, chart: {dir: c}, trigger: {image: {track: MinorVersion}}}\n"
    place = site(tmp_path, releases)
    place.renderer.defaults = {"image": {"repository": "reg.test/acme/web", "tag": "1.0"}}
    place.publish(WEB, v1_0=made(), v1_1=made())
    (update,) = (await place.upgrading.poll(place.targets)).updates
    assert (update.standing.layer, update.standing.file) == (Layer.CHART, "c/values.yaml")


class Unreachable:
    """Charts that cannot be had."""

    async def fetch(self, *_: object) -> object:
        raise OperationFailed(Problem("chartOffline", "not in the cache"))


async def test_a_chart_that_cannot_be_had_only_stops_who_needs_it(tmp_path: Path) -> None:
    values = "values: [{key: image.repository, value: web}, {key: image.tag, value: '1.0'}]"
    releases = f"""\
releases:
  - {{name: web, chart: {{reference: acme/web, version: 1.0.0}}, trigger: {{image: {{track: MinorVersion}}}}, {values}}}
  - {{name: api, chart: {{reference: acme/web, version: 1.0.0}}, trigger: {{image: {{track: MinorVersion}}}}}}
"""
    place = site(tmp_path, releases)
    place.charts = Unreachable()  # type: ignore[assignment] # only this method is asked
    place.registry.publish("web:1.0", made())
    place.registry.publish("web:1.1", made())
    found = await place.upgrading.poll(place.targets)
    assert (seen(found), codes(found)) == ([("web", "1.0", "1.1")], [("api", "chartOffline")])


async def test_broken_values_are_one_releases_trouble(tmp_path: Path) -> None:
    broken = "  - {name: bad, chart: {dir: c}, valuesFile: bad.yaml, triggers: ["
    broken += "{image: {track: Newest}}, {image: {track: Newest, tagValue: other}}]}\n"
    place = site(tmp_path, "releases:\n" + broken + web(MINOR), {"bad.yaml": "a: [\n"})
    place.publish(WEB, v1_0=made(), v1_1=made())
    found = await place.upgrading.poll(place.targets)
    assert (seen(found), codes(found)) == ([("web", "1.0", "1.1")], [("bad", "yamlSyntax")])


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


async def test_a_chart_whose_present_version_is_gone_cannot_be_called_older(tmp_path: Path) -> None:
    place = site(tmp_path, CACHE.format("acme/cache", "1.0.0", "track: Newest"))
    place.registry.publish_chart("acme/cache", ChartVersion("1.1.0", NOW))
    found = await place.upgrading.observe(place.targets, announced_chart("acme/cache:1.1.0"), verify=True)
    assert codes(found) == [("cache", "timeUnknown")]
