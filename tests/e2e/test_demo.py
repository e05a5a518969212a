"""`scripts/demo`, as somebody runs it who has just cloned the repository: twice, then the end of it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from fairlead.doors.process import Finished, Program, run
from fairlead.sandbox.cluster import down, existing
from fairlead.sandbox.places import Places
from fairlead.sandbox.spec import NodeKind
from fairlead.settings import Settings
from tests.fakes.installed import FAIRLEAD
from tests.sandbox.traces import machine, settings_in, traces, unheard

pytestmark = pytest.mark.sandbox

DEMO = Path(__file__).parents[2] / "scripts" / "demo"
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
        return await run(Program(argv, env={**self.env, **env}, timeout=450, accepted=frozenset({accepted})))

    async def status(self) -> list[dict[str, Any]]:
        argv = (str(FAIRLEAD), "status", "--all", "--output", "json")
        shown = await run(Program(argv, cwd=self.shop, env=self.env))
        releases: list[dict[str, Any]] = json.loads(shown.stdout)["releases"]
        return releases

    async def history(self) -> list[str]:
        argv = ("git", "log", "--format=%H", "--reverse")
        return (await run(Program(argv, cwd=self.shop, env=self.env))).stdout.decode().split()


@dataclass(frozen=True)
class Shown:
    """What the demo showed: the commands that it named, each with what it said, in order."""

    said: list[tuple[str, str]]

    @classmethod
    def of(cls, finished: Finished) -> Shown:
        _, *parts = re.split(r"^\$ ", finished.stdout.decode(), flags=re.MULTILINE)
        return cls([(command, said) for command, _, said in (part.partition("\n") for part in parts)])

    def texts(self, command: str) -> list[str]:
        """What each use of a command said."""
        return [said for shown, said in self.said if shown == command]

    def columns(self, command: str, key: str, value: str) -> list[dict[str, str]]:
        """Two columns of the table that each use of a command ended with."""
        return [{row[key]: row[value] for row in _table(said)} for said in self.texts(command)]


def _table(said: str) -> list[dict[str, str]]:
    """The rows below the line of capitals, up to an empty one; what is indented says more about a row."""
    lines = iter(said.splitlines())
    head = next(re.split(r" *\t| {2,}", line.strip()) for line in lines if line.isupper())
    rows = (line for line in takewhile(str.strip, lines) if not line.startswith(" "))
    return [dict(zip(head, re.split(r" *\t| {2,}", row.strip()), strict=False)) for row in rows]


def _check_the_ways_back(shown: Shown, cause: str) -> None:
    """Each step after the first deployments showed what it is there for."""
    web = "staging/storefront"
    failing, going_back = (f"fairlead apply staging {option}--timeout 20s" for option in ("", "--rollback-on-failure "))
    assert [one[web] for one in shown.columns(failing, "RELEASE", "OUTCOME")] == ["failed"]

    drift = shown.columns("fairlead status staging", "RELEASE", "DRIFT")
    assert [one["staging/catalog"] for one in drift] == ["none", "none", "drifted"]
    (corrected,) = shown.columns("fairlead apply staging --yes", "RELEASE", "OUTCOME")
    assert (corrected["staging/catalog"], corrected[web]) == ("succeeded", "unchanged")

    assert [one[web] for one in shown.columns(going_back, "RELEASE", "OUTCOME")] == ["rolledBack"]
    assert cause in shown.texts(going_back)[0].partition(f"{web} rolledBack")[2]
    (outcomes,) = shown.columns("fairlead history staging storefront", "N", "OUTCOME")
    assert list(outcomes.values()) == ["succeeded", "succeeded", "failed", "succeeded", "failed", "succeeded"]
    (changes,) = shown.columns("fairlead history staging storefront", "N", "CHANGES")
    assert [number for number, change in changes.items() if "back to 4" in change] == ["6"]


def _check_the_hold(shown: Shown) -> None:
    web, reason = "production/storefront", "orders are lost"
    back = f"fairlead rollback production storefront --reason '{reason}'"
    assert shown.columns(back, "RELEASE", "OUTCOME") == [{web: "succeeded"}]
    _, refused = shown.columns("fairlead apply production", "RELEASE", "OUTCOME")
    assert refused[web] == "refused"
    assert reason in shown.texts("fairlead apply production")[1].partition(f"{web} refused")[2]
    _, other, _ = shown.columns("fairlead apply --all", "RELEASE", "OUTCOME")
    assert other[web] == "succeeded"

    helm = "helm --kubeconfig sandbox.kubeconfig --namespace shop-production history storefront | cut -f 1,3,6"
    (told,) = shown.columns(helm, "REVISION", "STATUS")
    assert told == {"1": "superseded", "2": "superseded", "3": "superseded", "4": "deployed"}
    (described,) = shown.columns(helm, "REVISION", "DESCRIPTION")
    assert described["3"].startswith("Rollback to 1")


def _check_the_webhook(shown: Shown) -> None:
    """An image was announced, proposed, merged and deployed, each by the program that is there for it."""
    told = next(said for command, said in shown.said if "announce.py" in command)
    assert told.startswith("202 ")
    proposed = re.findall(r"^ *(\S+)/storefront  2.0 -> 2.1 .* (http://\S+)$", told, re.MULTILINE)
    assert [environment for environment, _ in proposed] == ["staging", "production"]
    assert len({pull for _, pull in proposed}) == 1
    merged = next(said for command, said in shown.said if "merge.py" in command)
    assert "(fairlead/staging.storefront, merged)" in merged
    *_, applied = shown.columns("fairlead apply --all", "RELEASE", "OUTCOME")
    assert {release for release, outcome in applied.items() if outcome != "unchanged"} == {
        "staging/storefront",
        "production/storefront",
    }
    assert shown.texts("fairlead apply --all")[-1].count("registry.sandbox/app:2.0 -> registry.sandbox/app:2.1") == 2


def _check_the_switches(shown: Shown) -> tuple[str, str]:
    """An app went forward and back by a person's word; return its two versions."""
    where = "--environment production"
    _, waiting = shown.texts(f"fairlead deploy checkout.yaml {where}")
    found = re.search(r"/checkout: version (\d+) is live, version (\d+) is Awaiting\n", waiting)
    assert found is not None
    old, new = found.groups()
    first, promoted = shown.texts(f"fairlead promote checkout {where}")
    (back,) = shown.texts("fairlead rollback production checkout")
    live = [re.findall(r"/checkout: version (\d+) is live", said) for said in (first, promoted, back)]
    assert live == [[old], [new], [old]]
    assert re.search(rf"^ +{new} +Hot ", back, re.MULTILINE)
    (undeployed,) = shown.texts(f"fairlead undeploy checkout {where} --yes")
    assert "/checkout: nothing is live\n" in undeployed
    return old, new


def _check_the_orders(shown: Shown, old: str, new: str) -> None:
    """Under load each version answered in its time, and no order was lost."""
    proxied = (
        "kubectl --kubeconfig sandbox.kubeconfig get --raw /api/v1/namespaces/shop-production/services/{}:8080/proxy/"
    )
    answered = [said.split()[0] for said in shown.texts(proxied.format("checkout"))]
    assert answered == [old, new, old]
    assert [said.split()[0] for said in shown.texts(proxied.format("checkout-preview"))] == [new]
    (said,) = (said for command, said in shown.said if command.startswith("python -m bench.answers orders "))
    facts = dict(re.findall(r"^ {3}(\S.*?)  +(.*)$", said.partition("\n\n")[0], re.MULTILINE))
    assert (facts["failed"], facts["before its switch"]) == ("0", f"0 answers of {new}")
    assert {f"version {old}", f"version {new}"} < facts.keys()
    assert int(facts["requests"].split()[0]) > 1000


@pytest.fixture
async def visitor(tmp_path: Path) -> AsyncIterator[Visitor]:
    settings = settings_in(tmp_path / "state")
    home = tmp_path / "home"
    home.mkdir()
    yield Visitor(home, settings)
    await down(NAME, settings, unheard)


async def test_the_demo_deploys_a_shop_can_be_repeated_and_leaves_nothing_behind(visitor: Visitor) -> None:
    before = machine()
    shown = Shown.of(await visitor.demo())
    _check_the_ways_back(shown, "registry.sandbox/app:1.2")
    _check_the_hold(shown)
    _check_the_webhook(shown)
    _check_the_orders(shown, *_check_the_switches(shown))
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
    shown = Shown.of(await visitor.demo(FAIRLEAD_DEMO_NODES="simulated"))
    _check_the_ways_back(shown, "Insufficient cpu")
    _check_the_hold(shown)
    _check_the_webhook(shown)
    _check_the_switches(shown)
    assert {(item["health"], item["drift"]) for item in await visitor.status()} == {("current", "none")}
    assert existing(NAME, visitor.settings).state.nodes is NodeKind.SIMULATED


async def test_a_folder_of_somebody_else_is_left_alone(visitor: Visitor) -> None:
    visitor.shop.mkdir()
    kept = visitor.shop / "kept"
    kept.write_text("mine")
    await visitor.demo("--down", accepted=1)
    await visitor.demo(accepted=1)
    assert kept.read_text() == "mine"
