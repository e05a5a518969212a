from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from fairlead.adapters.charts.packages import pack_chart, unpack_chart
from fairlead.domain.config import ChartDir, ChartOci, ChartReference, HelmRepo, Place
from fairlead.domain.errors import FairleadError, InputError, OperationFailed
from tests.fakes.chart_server import Pages, packaged
from tests.fakes.charts import charts, fixture_chart, small_chart, write_chart
from tests.fakes.http import HttpServer
from tests.fakes.tars import entry, tar

PLACE = Place("environments.yaml", 3, 1)


def files_of(path: str) -> dict[str, bytes]:
    return unpack_chart(Path(path).read_bytes(), name=path)


async def test_a_directory_becomes_one_archive_as_helm_would_package_it(tmp_path: Path) -> None:
    chart = await fixture_chart("features", tmp_path)
    files = files_of(chart.path)
    assert (chart.name, chart.version, chart.generates, chart.looks_up) == ("features", "0.1.0+build.5", True, True)
    assert {"Chart.yaml", ".helmignore", "files/motd.txt", "crds/README.md"} <= set(files)
    assert not {"notes.bak", "skipped/file.txt", "templates/.hidden.yaml"} & set(files)


async def test_the_digest_covers_every_file_that_rendering_sees_and_no_other(tmp_path: Path) -> None:
    async def digest() -> str:
        return (await charts(tmp_path, tmp_path / "cache").fetch(ChartDir("chart"), ())).digest

    write_chart(tmp_path / "chart", {".helmignore": "*.bak\n", "templates/a.yaml": "a: 1\n", "x.bak": "1"})
    first = await digest()
    (tmp_path / "chart/x.bak").write_text("2")
    os.utime(tmp_path / "chart/templates/a.yaml", (1, 1))
    (tmp_path / "chart/templates/a.yaml").chmod(0o600)
    assert await digest() == first
    for path in ("templates/a.yaml", "values.yaml", "files/any.txt", "charts/x/Chart.yaml"):
        write_chart(tmp_path / "chart", {path: "name: other\nversion: 1.0.0\n"})
        again = await digest()
        assert again != first
        first = again


async def test_the_files_of_a_fetched_chart_are_those_that_were_rendered(tmp_path: Path) -> None:
    write_chart(tmp_path / "chart", {"templates/a.yaml": "a: 1\n"})
    source = charts(tmp_path, tmp_path / "cache")
    chart = await source.fetch(ChartDir("chart"), ())
    assert await source.files(chart) == files_of(chart.path)
    await asyncio.to_thread(Path(chart.path).unlink)
    with pytest.raises(OperationFailed) as gone:
        await source.files(chart)
    assert gone.value.code == "chartGone"


async def test_what_templates_call_is_seen_in_packaged_sub_charts_too(tmp_path: Path) -> None:
    inner = packaged({"templates/b.yaml": "{{ randAlpha 5 }}"}, name="inner")
    write_chart(tmp_path / "chart", {})
    (tmp_path / "chart/charts").mkdir()
    (tmp_path / "chart/charts/inner-1.0.0.tgz").write_bytes(inner)
    chart = await charts(tmp_path, tmp_path / "cache").fetch(ChartDir("chart"), ())
    assert (chart.generates, chart.looks_up) == (True, False)
    assert not (await small_chart({"templates/a.yaml": "{{ .Values.now }}"}, tmp_path / "other")).generates


async def test_a_schema_that_loads_something_is_refused_in_packaged_sub_charts_too(tmp_path: Path) -> None:
    inner = packaged({"values.schema.json": '{"$ref": "http://127.0.0.1:1/"}'}, name="inner")
    write_chart(tmp_path / "chart", {})
    (tmp_path / "chart/charts").mkdir()
    (tmp_path / "chart/charts/inner-1.0.0.tgz").write_bytes(inner)
    with pytest.raises(InputError) as caught:
        await charts(tmp_path, tmp_path / "cache").fetch(ChartDir("chart"), ())
    assert caught.value.code == "schemaReference"


async def test_published_charts_are_fetched_once_and_used_offline(tmp_path: Path) -> None:
    pages = Pages()
    pages.publish("small", "1.0.0", packaged())
    pages.push("a/small", "1.0.0", packaged())
    async with HttpServer(pages) as server:
        repos = (HelmRepo("shop", server.url, PLACE),)
        both = (ChartReference("shop/small", "1.0.0"), ChartOci(f"oci://127.0.0.1:{server.port}/a/small", "v1.0.0"))
        online = charts(tmp_path, tmp_path / "cache")
        found = [await online.fetch(chart, repos) for chart in (*both, *both)]
        await online.close()
        asked = len(server.requests)
        offline = charts(tmp_path, tmp_path / "cache", offline=True)
        assert [await offline.fetch(chart, repos) for chart in both] == found[:2]
        with pytest.raises(OperationFailed) as caught:
            await offline.fetch(ChartReference("shop/small", "2.0.0"), repos)
        await offline.close()
    assert asked == len(server.requests) == 5  # index and archive; two spellings of the tag, and the blob
    assert caught.value.code == "chartOffline"
    assert found[0] == found[1]


async def test_a_damaged_cache_is_noticed_and_mended(tmp_path: Path) -> None:
    pages = Pages()
    pages.publish("small", "1.0.0", packaged())
    async with HttpServer(pages) as server:
        repos = (HelmRepo("shop", server.url, PLACE),)
        source = charts(tmp_path, tmp_path / "cache")
        chart = ChartReference("shop/small", "1.0.0")
        found = await source.fetch(chart, repos)
        for file in (tmp_path / "cache/sha256").iterdir():
            file.write_bytes(b"damaged")
        assert await source.fetch(chart, repos) == found
        await source.close()
    assert files_of(found.path)["Chart.yaml"].startswith(b"apiVersion")


@pytest.mark.parametrize("version", ["^1.0.0", ">=1", "1.x", "latest", "1", "1.0", "", "*", "../../x", "1.0.0/.."])
async def test_only_exact_versions_are_deployed(version: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        await charts(tmp_path, tmp_path / "cache").fetch(ChartReference("shop/small", version), ())
    assert caught.value.code == "versionNotExact"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"Chart.yaml": "null\n"}, "chartInvalid"),
        ({"Chart.yaml": ""}, "chartInvalid"),
        ({"Chart.yaml": "[]"}, "chartInvalid"),
        ({"Chart.yaml": "name: [a"}, "yamlSyntax"),
        ({"Chart.yaml": "name: a\n"}, "chartInvalid"),
        ({"Chart.yaml": "version: 1.0.0\n"}, "chartInvalid"),
        ({"Chart.yaml": "name: a\nversion: x\n"}, "chartInvalid"),
        ({"Chart.yaml": "name: a\nversion: 1.0.0\ndependencies: text\n"}, "chartInvalid"),
        ({"Chart.yaml": "name: a\nversion: 1.0.0\ndependencies: [null]\n"}, "chartInvalid"),
        ({"Chart.yaml": "name: a\nversion: 1.0.0\ndependencies: [{name: ../x}]\n"}, "chartInvalid"),
        ({".helmignore": "a/**/b\n"}, "chartInvalid"),
        ({"charts/x.tgz": "no archive"}, "archiveRefused"),
    ],
)
async def test_broken_charts_are_refused(files: dict[str, str], code: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        await small_chart(files, tmp_path)
    assert caught.value.code == code


async def test_a_folder_without_a_chart_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    source = charts(tmp_path, tmp_path / "cache")
    with pytest.raises(InputError) as caught:
        await source.fetch(ChartDir("empty"), ())
    assert caught.value.code == "chartInvalid"
    with pytest.raises(InputError):
        await source.fetch(ChartDir("missing"), ())


async def test_links_inside_the_repository_are_followed(tmp_path: Path) -> None:
    write_chart(tmp_path / "chart", {})
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/a.yaml").write_text("a: 1\n")
    (tmp_path / "chart/templates").symlink_to("../shared")
    (tmp_path / "chart/values.yaml").symlink_to("../shared/a.yaml")
    files = files_of((await charts(tmp_path, tmp_path / "cache").fetch(ChartDir("chart"), ())).path)
    assert files["templates/a.yaml"] == files["values.yaml"] == b"a: 1\n"


async def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    write_chart(tmp_path / "chart", {})
    (tmp_path / "chart/templates").symlink_to(".")
    with pytest.raises(InputError) as caught:
        await charts(tmp_path, tmp_path / "cache").fetch(ChartDir("chart"), ())
    assert caught.value.code == "chartInvalid"


@pytest.mark.parametrize("name", ["a\nb", "a\\b", "\x7f", b"\xff".decode(errors="surrogateescape")])
async def test_names_that_cannot_be_packaged_are_refused(name: str, tmp_path: Path) -> None:
    write_chart(tmp_path / "chart", {name: "x"})
    with pytest.raises(InputError) as caught:
        await charts(tmp_path, tmp_path / "cache").fetch(ChartDir("chart"), ())
    assert caught.value.code == "chartInvalid"


async def test_files_too_large_for_helm_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        await small_chart({"big.bin": "x" * (5 * 1024 * 1024 + 1)}, tmp_path)
    assert caught.value.code == "fileTooLarge"


async def test_files_beside_the_folder_of_a_package_are_refused(tmp_path: Path) -> None:
    pages = Pages()
    pages.publish("small", "1.0.0", tar([entry("Chart.yaml", b"name: small\nversion: 1.0.0\n")]))
    async with HttpServer(pages) as server:
        source = charts(tmp_path, tmp_path / "cache")
        with pytest.raises(InputError) as caught:
            await source.fetch(ChartReference("shop/small", "1.0.0"), (HelmRepo("shop", server.url, PLACE),))
        await source.close()
    assert caught.value.code == "chartInvalid"


async def test_packages_within_packages_have_an_end(tmp_path: Path) -> None:
    inner = packaged()
    for _ in range(10):
        files = {"Chart.yaml": b"name: a\nversion: 1.0.0\n", "charts/a.tgz": inner}
        inner = pack_chart(files)
    write_chart(tmp_path / "chart", {})
    (tmp_path / "chart/charts").mkdir()
    (tmp_path / "chart/charts/a.tgz").write_bytes(inner)
    with pytest.raises(FairleadError) as caught:
        await charts(tmp_path, tmp_path / "cache").fetch(ChartDir("chart"), ())
    assert caught.value.code == "chartInvalid"
