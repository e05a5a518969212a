"""Killed, unheard or stopped at a write, then another driver: traffic flows on, and the rollout ends as it should."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pytest

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.rollout.anchor import Anchor
from fairlead.doors.process import Program, start, stop
from fairlead.pipeline.units.service import Order, at_rest
from fairlead.sandbox.controlplane import access as access_of
from fairlead.sandbox.places import Places
from fairlead.sandbox.waiting import holds_within
from tests.e2e.running import RunningSandbox
from tests.e2e.units import UnitSite, states, unit_site
from tests.fakes.installed import ANY_CODE, FAIRLEAD
from tests.faults.crashing import Fault
from tests.faults.proxy import FaultProxy
from tests.faults.rules import FORWARD, Action, Call, Hold, Rule, at_write
from tests.faults.unit_anchors import broken_by_anchors
from tests.faults.unit_history import broken, recorded

pytestmark = pytest.mark.e2e

AT_ONCE = 3
CASES = tuple((number, list(Fault)[number // 3 % 3]) for number in range(2, 34, 3))
"""Every third write of a deployment, from the reservation of its number to the record of its end."""


@dataclass
class Crashes:
    """A site, and programs that reach it by a road with faults."""

    site: UnitSite
    sandbox: RunningSandbox
    directory: Path

    def descriptor(self, app: str, **more: str) -> Descriptor:
        return replace(self.site.descriptor(env=more, replicas=1), app=app)

    async def deploy_first(self, app: str, *more: Descriptor) -> None:
        key = replace(self.site.key, name=app)
        for number, descriptor in enumerate((self.descriptor(app), *more)):
            await self.site.units.deploy(key, Order(f"first-{number}-{app}", f"d{number}", "tester", descriptor))
            await self.site.units.drive(key, at_rest)

    async def deploy_second(self, app: str, rule: Rule, proxy: FaultProxy) -> int:
        """Deploy with a rule on the way; return the exit code."""
        return await self.run(app, ("deploy", "app.json"), rule, proxy)

    async def run(self, app: str, words: tuple[str, ...], rule: Rule, proxy: FaultProxy) -> int:
        """Run the command with a rule on its way; return its exit code."""
        root = self.directory / app
        root.mkdir()
        (root / "kubeconfig").write_bytes(proxy.kubeconfig())
        (root / "app.json").write_bytes(orjson.dumps(descriptor_json(self.descriptor(app, COLOUR="green"))))
        env = {**self.sandbox.env, "KUBECONFIG": str(root / "kubeconfig")}
        argv = (str(FAIRLEAD), *words, "--context", self.sandbox.contexts[0], "--output", "json")
        child = await start(Program(argv, cwd=root, env=env, accepted=ANY_CODE))
        try:
            proxy.begin(rule, victim=child.send_signal)
            async with asyncio.timeout(120):
                _, complained = await child.communicate()
        finally:
            await stop(child)
        assert b"Traceback" not in complained, complained
        assert child.returncode is not None
        return child.returncode

    async def settled(self, app: str) -> Anchor:
        return await self.site.units.drive(replace(self.site.key, name=app), at_rest)

    async def selector(self, app: str) -> str:
        service = await self.site.get("Service", app)
        assert service is not None
        return str(service["spec"]["selector"]["version"])


@pytest.fixture
async def crashes(real_sandbox: RunningSandbox, namespace: str, tmp_path: Path) -> AsyncIterator[Crashes]:
    async with unit_site(real_sandbox, namespace) as site:
        yield Crashes(site, real_sandbox, tmp_path)


async def _is_struck(proxy: FaultProxy) -> bool:
    return proxy.struck is not None


def _proxy(sandbox: RunningSandbox) -> FaultProxy:
    cluster = sandbox.status.state.clusters[0]
    return FaultProxy(access_of(cluster, Places(sandbox.kubeconfig.parent).cluster(cluster.index)))


async def test_whatever_kills_a_driver_the_next_one_ends_it_well(crashes: Crashes) -> None:
    apps = {f"a{number}": (number, fault) for number, fault in CASES}
    room = asyncio.Semaphore(AT_ONCE)
    struck: dict[str, bool] = {}

    async def one(app: str, number: int, fault: Fault) -> None:
        async with room, _proxy(crashes.sandbox) as proxy:
            await crashes.deploy_first(app)
            code = await crashes.deploy_second(app, at_write(number, fault.value), proxy)
            struck[app] = proxy.struck is not None
            assert code == (-signal.SIGKILL if fault.kills and struck[app] else 0), (app, fault, code)
            anchor = await crashes.settled(app)
        asked = [one for one in anchor.ended if not one.intent.startswith("first-")]
        live = anchor.live
        assert live is not None
        assert [one.outcome.value for one in asked] == (["deployed"] if live.name != "1" else []), (app, fault, anchor)
        assert await crashes.selector(app) == live.name
        assert set(states(anchor).values()) <= {"Live", "Hot"}, (app, fault, states(anchor))

    async with recorded(crashes.site.cluster, crashes.site.key.namespace) as history, asyncio.TaskGroup() as group:
        for app, (number, fault) in apps.items():
            group.create_task(one(app, number, fault))
    assert {app: broken(history, app) for app in apps} == {app: [] for app in apps}
    assert {app: broken_by_anchors(history.of(app), app) for app in apps} == {app: [] for app in apps}
    assert sum(struck.values()) >= len(CASES) * 3 // 4


@dataclass(frozen=True)
class Asked:
    """What is asked of an app with a second version, which may wait to be promoted; and how the versions end."""

    words: tuple[str, ...]
    waits: bool
    ends: dict[str, str]


ASKED = {
    "promote": Asked((), True, {"1": "Hot", "2": "Live"}),
    "abort": Asked((), True, {"1": "Live", "2": "Failed"}),
    "rollback": Asked(("-",), False, {"1": "Live", "2": "Hot"}),
    "undeploy": Asked(("--yes",), False, {}),
}


async def test_whatever_is_asked_for_ends_well_after_a_kill(crashes: Crashes) -> None:
    cases = [(name, fault, 4 + 3 * number) for name in ASKED for number, fault in enumerate(Fault)]
    room, struck = asyncio.Semaphore(AT_ONCE), dict[str, bool]()

    async def one(name: str, fault: Fault, number: int) -> None:
        app, asked = f"{name}{number}", ASKED[name]
        second = crashes.descriptor(app, COLOUR="green")
        rules = replace(second.rules, promote_after=None if asked.waits else 0.0)
        words = (name, *asked.words, app, "--namespace", crashes.site.key.namespace)
        async with room, _proxy(crashes.sandbox) as proxy:
            await crashes.deploy_first(app, replace(second, rules=rules))
            code = await crashes.run(app, words, at_write(number, fault.value), proxy)
            struck[app] = proxy.struck is not None
            assert code == (-signal.SIGKILL if fault.kills and struck[app] else 0), (app, fault, code)
            anchor = await crashes.settled(app)
        assert states(anchor) == asked.ends, (app, fault, anchor)
        live = anchor.live
        assert live is None or await crashes.selector(app) == live.name

    async with recorded(crashes.site.cluster, crashes.site.key.namespace) as history, asyncio.TaskGroup() as group:
        for case in cases:
            group.create_task(one(*case))
    assert {app: broken(history, app) for app in struck} == {app: [] for app in struck}
    assert {app: broken_by_anchors(history.of(app), app) for app in struck} == {app: [] for app in struck}
    assert sum(struck.values()) == len(cases)


async def test_a_driver_that_was_stopped_at_its_switch_changes_nothing_any_more(crashes: Crashes) -> None:
    released = asyncio.Event()

    def rule(call: Call) -> Action:
        is_switch = call.method == "PATCH" and (call.resource, call.name) == ("services", "shop")
        return Hold(signal.SIGSTOP, released) if is_switch else FORWARD

    async with _proxy(crashes.sandbox) as proxy, recorded(crashes.site.cluster, crashes.site.key.namespace) as history:
        await crashes.deploy_first("shop")
        running = asyncio.create_task(crashes.deploy_second("shop", rule, proxy))
        await holds_within(60, "the switch", lambda: _is_struck(proxy))
        held = proxy.struck
        anchor = await crashes.settled("shop")
        assert states(anchor) == {"1": "Hot", "2": "Live"}
        before = await crashes.site.get("Service", "shop")
        released.set()
        proxy.resume()
        assert await running == 1
        assert await crashes.site.get("Service", "shop") == before
    assert held not in proxy.accepted
    assert broken(history, "shop") + broken_by_anchors(history.of("shop"), "shop") == []
