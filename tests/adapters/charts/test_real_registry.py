"""Charts pushed by `helm` itself into the sandbox's registry program, pulled by us."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from fairlead.adapters.charts.packages import unpack_chart
from fairlead.domain.config import ChartOci
from fairlead.doors.process import Program, run, start, stop
from fairlead.sandbox.build import ensure
from fairlead.sandbox.modules import REGISTRY
from fairlead.settings import Settings
from tests.fakes.charts import FIXTURES, charts
from tests.fakes.helm import helm_program

CONFIG = """version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@pytest_asyncio.fixture
async def registry(tmp_path: Path) -> AsyncIterator[str]:
    program = (await ensure([REGISTRY], Settings.from_environment(), lambda _: None))["registry"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "registry.yaml"
    config.write_text(CONFIG.format(folder=tmp_path / "storage", port=port))
    child = await start(Program((str(program), "serve", str(config)), env={"OTEL_TRACES_EXPORTER": "none"}))
    # It says so when it listens; nothing else is waited for.
    assert child.stderr is not None
    async with asyncio.timeout(30):
        while b"listening on" not in await child.stderr.readline():
            assert child.returncode is None
    yield f"127.0.0.1:{port}"
    await stop(child)


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
