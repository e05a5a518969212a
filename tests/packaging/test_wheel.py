"""The wheel, as someone gets it who has nothing of ours: a bare environment, no compiler, a new home."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from fairlead.doors.process import Finished, Program, run
from fairlead.settings import Settings

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).parents[2]


class Bare:
    """A virtual environment with the wheel and what it asks for, and nothing else on the path."""

    def __init__(self, folder: Path, wheel: Path, env: Mapping[str, str]) -> None:
        self.folder, self.wheel, self.env = folder, wheel, env
        self.home = folder / "home"
        self.home.mkdir()

    async def install(self, extra: str) -> None:
        uv = str(Path(sys.executable).parent / "uv")
        options = ("--quiet", "--only-binary", ":all:", "--python", str(self.folder))
        await run(Program((uv, "pip", "install", *options, f"{self.wheel}{extra}"), env=self.env, timeout=300))

    async def run(self, *argv: str, cwd: Path | None = None, timeout: float = 300) -> Finished:  # noqa: ASYNC109 - the door's
        # Warnings are errors, so that a newer Python does not take us by surprise.
        env = {"HOME": str(self.home), "PATH": str(self.folder / "bin"), "PYTHONWARNINGS": "error::DeprecationWarning"}
        env["FAIRLEAD_CACHE"] = str(Settings.from_environment().cache)
        return await run(Program(argv, cwd=cwd, env=env, timeout=timeout))

    async def fairlead(self, *arguments: str, cwd: Path | None = None) -> str:
        return (await self.run(str(self.folder / "bin" / "fairlead"), *arguments, cwd=cwd)).stdout.decode()


@pytest.fixture
async def bare(tmp_path: Path) -> Bare:
    # The machine's own environment, for its package index; the compiler is hidden by what CC names.
    env = {**os.environ, "CC": "/nowhere/cc", "CXX": "/nowhere/c++"}  # noqa: TID251 - only to reach the index
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(ROOT))
    await run(Program(build, env=env, timeout=300))
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    venv = tmp_path / "venv"
    await run(Program((sys.executable, "-m", "venv", "--without-pip", str(venv)), env=env))
    bare = Bare(venv, wheel, env)
    await bare.install("")
    return bare


async def test_a_bare_python_takes_the_wheel_and_the_starter_renders(bare: Bare, tmp_path: Path) -> None:
    assert (await bare.fairlead("--version")).startswith("fairlead ")
    await bare.fairlead("new", "shop", cwd=tmp_path)
    shop = tmp_path / "shop"
    await bare.fairlead("lint", cwd=shop)
    assert "kind: Deployment" in await bare.fairlead("render", "test", "--kube-version", "1.36.0", cwd=shop)
    assert '"$schema"' in await bare.fairlead("schema", "environments")


IMPORT_ALL = """
import importlib, pkgutil, sys, fairlead
extras = tuple(sys.argv[1:])
for module in pkgutil.walk_packages(fairlead.__path__, "fairlead."):
    if module.name != "fairlead.__main__" and not module.name.startswith(extras):
        importlib.import_module(module.name)
"""


async def test_every_module_imports_without_warnings_and_what_needs_an_extra_with_it(bare: Bare) -> None:
    importing = (str(bare.folder / "bin" / "python"), "-W", "error", "-c", IMPORT_ALL)
    await bare.run(*importing, "fairlead.sandbox", "fairlead.cli.sandbox", "fairlead.server")
    await bare.install("[sandbox,server]")
    await bare.run(*importing)


async def test_the_sandbox_comes_with_its_extra_and_builds_from_the_wheel(bare: Bare) -> None:
    await bare.install("[sandbox]")
    name = ("--name", "wheel")
    try:
        started = json.loads(await bare.fairlead("sandbox", "up", *name, "--nodes", "none", "--output", "json"))
        assert [cluster["context"] for cluster in started["clusters"]] == ["wheel-1"]
    finally:
        await bare.fairlead("sandbox", "down", *name)
