from __future__ import annotations

import pytest

from fairlead.domain.upgrades.patterns import TagPattern
from fairlead.domain.upgrades.policy import Order, Policy, Track
from fairlead.domain.upgrades.ranges import parse_range
from fairlead.domain.upgrades.triggers import ChartTrigger, ImageTrigger
from tests.fakes.declared import Declared, declare_releases


def one(triggers: str) -> Declared:
    return declare_releases(f"releases:\n- {{name: a, chart: {{dir: c}}, triggers: [{triggers}]}}\n")


def test_every_key_of_an_image() -> None:
    declared = one(
        "{image: {track: Newest, range: 1.x, match: '(v.*)', extract: $1, order: alphabetical, prerelease: true, "
        "dateTags: true, minAge: 2w, digest: pin, platform: linux/arm/v7, repoValue: 'a.b', tagValue: 'x[0].tag', "
        "repoPrefixValue: p}}"
    )
    assert declared.codes == []
    policy = Policy(
        Track.NEWEST,
        parse_range("1.x"),
        TagPattern("(v.*)", "$1"),
        Order.ALPHABETICAL,
        prerelease=True,
        date_tags=True,
        min_age_seconds=14 * 86400.0,
    )
    assert declared.release.triggers == (
        ImageTrigger(policy, "a.b", "x[0].tag", "p", pins_digest=True, platform="linux/arm/v7"),
    )


def test_a_chart() -> None:
    declared = one("{chart: {range: ^1.2, minAge: 12h}}")
    assert declared.release.triggers == (ChartTrigger(Policy(range=parse_range("^1.2"), min_age_seconds=12 * 3600.0)),)


@pytest.mark.parametrize(
    ("trigger", "mistakes"),
    [
        ("{image: {track: Weekly}}", [("invalidValue", "image.track")]),
        ("{chart: {track: Weekly}}", [("invalidValue", "chart.track")]),
        ("{image: {range: 1.2.3.4}}", [("invalidRange", "image.range")]),
        ("{image: {track: Newest, match: '('}}", [("invalidPattern", "image.match")]),
        ("{image: {track: Newest, match: a, extract: b}}", [("invalidExtract", "image.extract")]),
        ("{image: {track: Newest, extract: $1}}", [("extractWithoutMatch", "image.extract")]),
        ("{image: {track: PatchLevel, order: numerical}}", [("orderWithoutNewest", "image.order")]),
        ("{image: {track: Newest, order: random}}", [("invalidValue", "image.order")]),
        ("{image: {track: Newest, minAge: 1y}}", [("invalidValue", "image.minAge")]),
        ("{image: {track: Newest, minAge: 99w}}", [("invalidValue", "image.minAge")]),
        (
            "{image: {match: a, prerelease: true}}",
            [("trackMissing", "image.match"), ("trackMissing", "image.prerelease")],
        ),
        ("{image: {track: Newest, digest: follow}}", [("invalidValue", "image.digest")]),
        ("{image: {track: Newest, platform: arm64}}", [("invalidValue", "image.platform")]),
        ("{image: {track: Newest, tagValue: a..b}}", [("invalidValueKey", "image.tagValue")]),
        ("{chart: {track: Newest, digest: pin}}", [("unknownKey", "chart.digest")]),
        ("{chart: {track: Newest, order: numerical}}", [("unknownKey", "chart.order")]),
        ("{chart: {}}, {chart: {track: Newest}}", [("doubledTrigger", "")]),
        ("{image: {}}, {image: {track: Newest}}", [("doubledTrigger", "")]),
    ],
)
def test_mistakes(trigger: str, mistakes: list[tuple[str, str]]) -> None:
    problems = one(trigger).problems
    paths = [f"releases[0].triggers[0].{key}" if key else "releases[0].triggers[1]" for _, key in mistakes]
    assert [(problem.code, problem.path) for problem in problems] == [
        (code, path) for (code, _), path in zip(mistakes, paths, strict=True)
    ]


def test_the_same_trigger_twice_counts_once() -> None:
    declared = one("{image: {track: Newest}}, {image: {track: Newest}}, {image: {track: Newest, tagValue: b.tag}}")
    assert declared.codes == []
    assert [trigger.tag_value for trigger in declared.release.triggers if isinstance(trigger, ImageTrigger)] == [
        "image.tag",
        "b.tag",
    ]
