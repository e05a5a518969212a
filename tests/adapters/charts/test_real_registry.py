"""Charts pushed by `helm` itself into the sandbox's registry program, pulled by us."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from fairlead.adapters.charts.packages import unpack_chart
from fairlead.domain.config import ChartOci
from fairlead.doors.process import Program, run
from tests.fakes.charts import FIXTURES, charts
from tests.fakes.helm import helm_program
from tests.fakes.registry_program import registry_program


@pytest_asyncio.fixture
async def registry(tmp_path: Path) -> AsyncIterator[str]:
    async with registry_program(tmp_path) as host:
        yield host


async def test_charts_pushed_by_helm_are_pulled(registry: str, tmp_path: Path) -> None:
    helm, home = str(await helm_program()), str(tmp_path / "home")
    env = {"HOME": home, "HELM_CONFIG_HOME": home, "HELM_CACHE_HOME": home, "HELM_DATA_HOME": home}
    await run(Program((helm, "package", str(FIXTURES / "features"), "--destination", str(tmp_path)), env=env))
    archive = next(name for name in os.listdir(tmp_path) if name.endswith(".tgz"))  # noqa: PTH208 - in a test
    await run(Program((helm, "push", str(tmp_path / archive), f"oci://{registry}/shop", "--plain-http"), env=env))
    source = charts(tmp_path, tmp_path / "cache")
    chart = await source.fetch(ChartOci(f"oci://{registry}/shop/features", "0.1.0+build.5"), ())
    await source.close()
    files = unpack_chart(Path(chart.path).read_bytes(), name="features")  # noqa: ASYNC240 - a small file, in a test
    assert (chart.name, chart.version) == ("features", "0.1.0+build.5")
    assert files["files/motd.txt"] == (FIXTURES / "features/files/motd.txt").read_bytes()
    assert "notes.bak" not in files
