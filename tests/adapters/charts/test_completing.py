from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from fairlead.adapters.charts.metadata import lock_digest, read_metadata
from fairlead.adapters.charts.packages import unpack_chart
from fairlead.domain.config import ChartDir, HelmRepo, Place
from fairlead.domain.errors import FairleadError, InputError
from fairlead.doors.process import Program, run
from tests.fakes.chart_server import Pages, packaged
from tests.fakes.charts import charts, write_chart
from tests.fakes.helm import helm_program
from tests.fakes.http import HttpServer

PLACE = Place("environments.yaml", 3, 1)


def chart_yaml(*dependencies: dict[str, Any], name: str = "top") -> str:
    return json.dumps({"apiVersion": "v2", "name": name, "version": "1.0.0", "dependencies": dependencies})


async def completed(root: Path, repos: tuple[HelmRepo, ...] = ()) -> dict[str, bytes]:
    source = charts(root, root / "cache")
    try:
        chart = await source.fetch(ChartDir("top"), repos)
    finally:
        await source.close()
    return unpack_chart(Path(chart.path).read_bytes(), name="top")  # noqa: ASYNC240 - a small file, in a test


async def test_charts_of_the_repository_are_taken_with_all_that_they_need(tmp_path: Path) -> None:
    one = {"name": "one", "version": "*", "repository": "file://../one"}
    two = {"name": "two", "version": "1.x", "repository": "file://../shared/two"}
    write_chart(tmp_path / "top", {"Chart.yaml": chart_yaml(one)})
    write_chart(tmp_path / "one", {"Chart.yaml": chart_yaml(two, name="one"), ".helmignore": "*.bak\n", "x.bak": "1"})
    write_chart(tmp_path / "shared/two", {"Chart.yaml": chart_yaml(name="two"), "templates/a.yaml": "a: 1\n"})
    files = await completed(tmp_path)
    assert "charts/one/charts/two/templates/a.yaml" in files
    assert "charts/one/Chart.yaml" in files
    assert "charts/one/x.bak" not in files


async def test_what_lies_in_charts_is_used_as_it_is(tmp_path: Path) -> None:
    dependencies = [
        {"name": name, "version": "9.9.9", "repository": "https://unreachable.test"} for name in ("one", "two")
    ]
    write_chart(tmp_path / "top", {"Chart.yaml": chart_yaml(*dependencies)})
    write_chart(tmp_path / "top/charts/folder-of-one", {"Chart.yaml": chart_yaml(name="one")})
    (tmp_path / "top/charts/two-1.0.0.tgz").write_bytes(packaged(name="two"))
    files = await completed(tmp_path)
    assert {path for path in files if path.startswith("charts/")} == {
        "charts/folder-of-one/Chart.yaml",
        "charts/two-1.0.0.tgz",
    }


async def test_published_charts_come_at_the_version_of_the_lock(tmp_path: Path) -> None:
    pages = Pages()
    for version in ("1.0.0", "1.2.0", "1.3.0"):
        pages.publish("small", version, packaged(version=version))
    pages.push("a/other", "2.0.0", packaged(name="other", version="2.0.0"))
    async with HttpServer(pages) as server:
        repos = (HelmRepo("shop", server.url, PLACE),)
        ranged = {"name": "small", "version": "^1.0.0", "repository": server.url}
        exact = {"name": "other", "version": "2.0.0", "repository": f"oci://127.0.0.1:{server.port}/a"}
        aliased = {"name": "small", "version": "~1.2", "repository": "@shop", "alias": "second"}
        write_chart(tmp_path / "top", {"Chart.yaml": chart_yaml(ranged, exact)})
        write_lock(tmp_path / "top", [{**ranged, "version": "1.2.0"}, exact])
        assert "charts/small-1.2.0.tgz" in await completed(tmp_path, repos)
        assert "charts/other-2.0.0.tgz" in await completed(tmp_path, repos)
        for form in ("@shop", "alias:shop"):
            changed = {**aliased, "repository": form}
            write_chart(tmp_path / "top", {"Chart.yaml": chart_yaml(changed)})
            write_lock(tmp_path / "top", [{"name": "small", "version": "1.2.0", "repository": form}])
            assert "charts/small-1.2.0.tgz" in await completed(tmp_path, repos)


def write_lock(folder: Path, dependencies: list[dict[str, Any]]) -> None:
    """Write the lock that belongs to the chart."""
    content = {
        "Chart.yaml": (folder / "Chart.yaml").read_bytes(),
        "Chart.lock": json.dumps({"dependencies": dependencies}).encode(),
    }
    metadata = read_metadata(content, where="top")
    assert metadata.lock is not None
    digest = lock_digest(metadata.dependencies, metadata.lock.dependencies)
    (folder / "Chart.lock").write_text(json.dumps({"dependencies": dependencies, "digest": digest}))


async def test_a_lock_for_other_dependencies_is_refused(tmp_path: Path) -> None:
    dependency = {"name": "small", "version": "^1.0.0", "repository": "https://unreachable.test"}
    write_chart(tmp_path / "top", {"Chart.yaml": chart_yaml(dependency)})
    write_lock(tmp_path / "top", [{**dependency, "version": "1.2.0"}])
    write_chart(tmp_path / "top", {"Chart.yaml": chart_yaml({**dependency, "version": "^2.0.0"})})
    with pytest.raises(InputError) as caught:
        await completed(tmp_path)
    assert (caught.value.code, caught.value.problems[0].file) == ("lockOutOfSync", "top/Chart.lock")


@pytest.mark.parametrize(
    ("dependency", "code"),
    [
        ({"name": "small", "version": "^1.0.0", "repository": "https://unreachable.test"}, "versionNotExact"),
        ({"name": "small", "version": "1.0.0"}, "chartInvalid"),
        ({"name": "small", "version": "1.0.0", "repository": "ftp://unreachable.test"}, "chartInvalid"),
        ({"name": "small", "version": "1.0.0", "repository": "@nobody"}, "chartInvalid"),
        ({"name": "small", "version": "1.0.0", "repository": "file://../none"}, "missingFile"),
        ({"name": "small", "version": "1.0.0", "repository": "file://../empty"}, "chartInvalid"),
    ],
)
async def test_dependencies_that_cannot_be_had_are_refused(
    dependency: dict[str, Any], code: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    write_chart(tmp_path / "top", {"Chart.yaml": chart_yaml(dependency)})
    with pytest.raises(FairleadError) as caught:
        await completed(tmp_path)
    assert caught.value.code == code


async def test_charts_that_need_each_other_are_refused(tmp_path: Path) -> None:
    for name, other in (("top", "one"), ("one", "top")):
        dependency = {"name": other, "version": "*", "repository": f"file://../{other}"}
        write_chart(tmp_path / name, {"Chart.yaml": chart_yaml(dependency, name=name)})
    with pytest.raises(InputError) as caught:
        await completed(tmp_path)
    assert caught.value.code == "chartInvalid"


async def test_the_digest_of_a_lock_is_helms(tmp_path: Path) -> None:
    conditional = {
        "name": "a",
        "version": ">=0.1.0 <2",
        "repository": "file://../a",
        "condition": "a.on",
        "tags": ["x", "y"],
    }
    imports = ["d", {"parent": "p", "child": "é&<"}]
    aliased = {"name": "b", "version": "1.0.0", "repository": "file://../b", "alias": "c", "import-values": imports}
    for name in ("a", "b"):
        write_chart(tmp_path / name, {"Chart.yaml": chart_yaml(name=name)})
    write_chart(tmp_path / "top", {"Chart.yaml": chart_yaml(conditional, aliased)})
    helm = await helm_program()
    home = str(tmp_path / "home")
    env = {"HOME": home, "HELM_CONFIG_HOME": home, "HELM_CACHE_HOME": home, "HELM_DATA_HOME": home}
    await run(Program((str(helm), "dependency", "update", str(tmp_path / "top")), env=env))
    content = {name: (tmp_path / "top" / name).read_bytes() for name in ("Chart.yaml", "Chart.lock")}
    metadata = read_metadata(content, where="top")
    assert metadata.lock is not None
    assert lock_digest(metadata.dependencies, metadata.lock.dependencies) == metadata.lock.digest


async def test_many_at_once_share_a_cache(tmp_path: Path) -> None:
    write_chart(tmp_path / "top", {"templates/a.yaml": "a: 1\n"})
    sources = [charts(tmp_path, tmp_path / "cache") for _ in range(20)]
    found = await asyncio.gather(*(source.fetch(ChartDir("top"), ()) for source in sources))
    assert len(set(found)) == 1
    assert [path.name for path in (tmp_path / "cache/sha256").iterdir()] == [Path(found[0].path).name]
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0
