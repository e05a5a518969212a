"""What releases watch: their values, and their charts where those matter."""

from __future__ import annotations

from pathlib import Path

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.values import Layer
from tests.fakes.upgrades import (
    MINOR,
    WEB,
    codes,
    made,
    seen,
    site,
    web,
)


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
