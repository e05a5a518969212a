"""What is published, asked for once: images and charts."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.domain.published import ChartVersion
from fairlead.domain.upgrades.announcing import announced_chart
from tests.fakes.upgrades import (
    CACHE,
    DAY,
    MINOR,
    NOW,
    WEB,
    codes,
    made,
    seen,
    site,
    web,
)


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
    is_told = reference == "acme/cache" or "Newest" in trigger or "minAge" in trigger
    assert update.time == (NOW - ages[version] * DAY if is_told else None)


async def test_a_chart_version_in_another_spelling_is_found(tmp_path: Path) -> None:
    place = site(tmp_path, CACHE.format("acme/cache", "1.0", "track: Newest"))
    versions = (ChartVersion("v1.0.0", NOW - 2 * DAY), ChartVersion("v1.1.0", NOW - DAY))
    place.registry.publish_chart("acme/cache", *versions)
    assert seen(await place.upgrading.poll(place.targets)) == [("cache", "1.0", "v1.1.0")]


async def test_a_chart_whose_present_version_is_gone_cannot_be_called_older(tmp_path: Path) -> None:
    place = site(tmp_path, CACHE.format("acme/cache", "1.0.0", "track: Newest"))
    place.registry.publish_chart("acme/cache", ChartVersion("1.1.0", NOW))
    found = await place.upgrading.observe(place.targets, announced_chart("acme/cache:1.1.0"), verify=True)
    assert codes(found) == [("cache", "timeUnknown")]
