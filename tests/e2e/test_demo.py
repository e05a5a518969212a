"""`scripts/demo`, as somebody runs it who has just cloned the repository: twice, then the end of it."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fairlead.doors.process import Finished, Program, run
from fairlead.sandbox.cluster import down, existing
from fairlead.sandbox.places import Places
from fairlead.sandbox.spec import NodeKind
from fairlead.settings import Settings
from tests.sandbox.traces import machine, settings_in, traces, unheard

pytestmark = pytest.mark.sandbox

DEMO = Path(__file__).parents[2] / "scripts" / "demo"
FAIRLEAD = Path(sys.executable).parent / "fairlead"
NAME = "walk"


@dataclass(frozen=True)
class Visitor:
    """Somebody with a fresh home, who may use the programs that are built already."""

    home: Path
    settings: Settings

    @property
    def env(self) -> dict[str, str]:
        return {
            **{name: value for name, value in self.settings.environ.items() if not name.startswith("GIT_")},
            "HOME": str(self.home),
            "FAIRLEAD_DEMO_NAME": NAME,
            "FAIRLEAD_DEMO_DIR": str(self.shop),
            "SHOP_CACHE_PASSWORD": "only-for-the-demo",
        }

    @property
    def shop(self) -> Path:
        return self.home / "shop"

    async def demo(self, *arguments: str, accepted: int = 0, **env: str) -> Finished:
        argv = (str(DEMO), *arguments)
        return await run(Program(argv, env={**self.env, **env}, timeout=300, accepted=frozenset({accepted})))

    async def status(self) -> list[dict[str, Any]]:
        argv = (str(FAIRLEAD), "status", "--all", "--output", "json")
        shown = await run(Program(argv, cwd=self.shop, env=self.env))
        releases: list[dict[str, Any]] = json.loads(shown.stdout)["releases"]
        return releases

    async def history(self) -> list[str]:
        argv = ("git", "log", "--format=%H", "--reverse")
        return (await run(Program(argv, cwd=self.shop, env=self.env))).stdout.decode().split()


@pytest.fixture
async def visitor(tmp_path: Path) -> AsyncIterator[Visitor]:
    settings = settings_in(tmp_path / "state")
    home = tmp_path / "home"
    home.mkdir()
    yield Visitor(home, settings)
    await down(NAME, settings, unheard)


async def test_the_demo_deploys_a_shop_can_be_repeated_and_leaves_nothing_behind(visitor: Visitor) -> None:
    before = machine()
    await visitor.demo()
    first, history = existing(NAME, visitor.settings), await visitor.history()
    assert {(item["environment"], item["release"]) for item in await visitor.status()} == {
        (environment, release)
        for environment in ("staging", "production")
        for release in ("settings", "cache", "catalog", "storefront")
    }

    (visitor.shop / "notes").write_text("by hand")
    await visitor.demo()
    again = existing(NAME, visitor.settings)
    assert again.state.supervisor == first.state.supervisor
    assert (await visitor.history())[: len(history)] == history
    assert (visitor.shop / "notes").read_text() == "by hand"
    assert {(item["health"], item["drift"]) for item in await visitor.status()} == {("current", "none")}

    await visitor.demo("--down")
    assert not visitor.shop.exists()
    left = await traces(Places.of(NAME, visitor.settings))
    assert {what: found for what, found in left.items() if found} == {}
    assert machine() == before


async def test_the_demo_comes_to_its_end_with_simulated_nodes(visitor: Visitor) -> None:
    await visitor.demo(FAIRLEAD_DEMO_NODES="simulated")
    assert {(item["health"], item["drift"]) for item in await visitor.status()} == {("current", "none")}
    assert existing(NAME, visitor.settings).state.nodes is NodeKind.SIMULATED


async def test_a_folder_of_somebody_else_is_left_alone(visitor: Visitor) -> None:
    visitor.shop.mkdir()
    kept = visitor.shop / "kept"
    kept.write_text("mine")
    await visitor.demo("--down", accepted=1)
    await visitor.demo(accepted=1)
    assert kept.read_text() == "mine"
