"""What a run does while its API server, its neighbours or its own process are in trouble."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, Signals

import pytest

from fairlead.doors.process import Program, run, start, stop
from tests.e2e.running import RunningSandbox
from tests.fakes.installed import ANY_CODE, FAIRLEAD
from tests.fakes.terminal import Ended
from tests.faults.rules import FORWARD, Action, Call, HangUp, Hold, Rule, at_write, where
from tests.faults.stage import OBJECTS, Stage, stage

pytestmark = pytest.mark.e2e

APPLY = ("apply", "test", "--yes", "--no-wait", "--output", "json")
STOPPED = HangUp(committed=False, signal=SIGSTOP)


def gone_from(fits: Callable[[Call], bool]) -> Rule:
    """From one call on nobody answers any more."""
    is_gone = False

    def rule(call: Call) -> Action:
        nonlocal is_gone
        is_gone = is_gone or fits(call)
        return HangUp(committed=False) if is_gone else FORWARD

    return rule


@asynccontextmanager
async def standing_still(here: Stage, number: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """Begin to deploy, and give back the process as it stands still at one write."""
    child = await start(Program((str(FAIRLEAD), *APPLY), cwd=here.root, env=here.env, accepted=ANY_CODE))
    still = asyncio.Event()

    def halt(signal: Signals) -> None:
        child.send_signal(signal)
        still.set()

    try:
        here.proxy.begin(at_write(number, STOPPED), victim=halt)
        async with asyncio.timeout(60):
            await still.wait()
        yield child
    finally:
        await stop(child)


async def beside(here: Stage, sandbox: RunningSandbox, *arguments: str) -> Ended:
    """Run the command on a road without faults."""
    program = Program((str(FAIRLEAD), *arguments), cwd=here.root, env=sandbox.env, accepted=ANY_CODE, timeout=120)
    done = await run(program)
    return Ended(done.exit_code, done.stdout.decode(), done.stderr.decode())


async def awake_after_another_run(
    sandbox: RunningSandbox, root: Path, namespace: str, number: int, *, is_chart: bool
) -> None:
    """Stop a run at a write, let another one deploy something else, wake the first and see that it writes nothing."""
    async with stage(sandbox, root, namespace, is_chart=is_chart) as here:
        (root / "c.yaml").write_text(OBJECTS.format(version="c"))
        assert (await here.apply("a")).code == 0
        here.declare("b")
        async with standing_still(here, number) as child:
            here.declare("c")
            other = await beside(here, sandbox, *APPLY)
            assert other.code == 0, (number, other)
            there = await here.found()
            here.proxy.begin()
            child.send_signal(SIGCONT)
            async with asyncio.timeout(60):
                said, complained = await child.communicate()
        ended = Ended(child.returncode or 0, said.decode(), complained.decode())
        assert [str(call) for call in here.proxy.accepted if not _is_own_sign_of_life(call)] == [], (number, ended)
        assert await here.found() == replace(there, leases=0), (number, ended)
        assert (there.objects["always"], there.settled, there.owned) == ({"version": "c"}, True, True)
        assert ended.code == 4, (number, ended)
        assert [one["outcome"] for one in ended.document["deployments"]] == ["superseded"], ended


def _is_own_sign_of_life(call: Call) -> bool:
    return call.resource == "leases" and call.method == "DELETE"


async def test_a_run_that_was_stopped_and_taken_over_does_not_write_when_it_wakes(
    sandbox: RunningSandbox, namespace: str, tmp_path: Path
) -> None:
    # At these writes nothing else is on its way. Where objects are made side by side, one creation may be sent already
    # and arrive afterwards, which no check before the sending can prevent: see the test below.
    cases = [(5, False), (6, False), (3, True), (5, True)]

    async def case(number: int, *, is_chart: bool) -> None:
        name = f"{namespace}-{number}-{'chart' if is_chart else 'files'}"
        (root := tmp_path / name).mkdir()
        await sandbox.ask("create", "namespace", name)
        await awake_after_another_run(sandbox, root, name, number, is_chart=is_chart)
        await sandbox.ask("delete", "namespace", name, "--wait=false")

    async with asyncio.TaskGroup() as group:
        for number, is_chart in cases:
            group.create_task(case(number, is_chart=is_chart))


async def test_f11_a_creation_that_arrives_after_the_next_run_is_found_by_the_one_after_that(
    sandbox: RunningSandbox, namespace: str, tmp_path: Path
) -> None:
    late = Hold(SIGKILL, asyncio.Event())
    async with stage(sandbox, tmp_path, namespace, is_chart=False) as here:
        assert (await here.apply("a")).code == 0
        killed = await here.apply("b", where(lambda call: call.number > 0 and call.name == "only-b", late))
        assert killed.code == -SIGKILL

        assert (await here.apply("a")).code == 0
        late.released.set()
        while "only-b" not in (await here.found()).objects:  # noqa: ASYNC110 - it comes when the proxy passes it on
            await asyncio.sleep(0.1)

        assert (await here.apply("a")).code == 0
        found = await here.found()
        assert (set(found.objects), found.owned) == ({"always", "only-a"}, True)


def _many(count: int) -> str:
    maps = ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"one-{n:02}"}} for n in range(count))
    return "---\n".join(json.dumps(one) + "\n" for one in maps)


async def test_f29_a_deletion_ends_when_the_cluster_is_gone_and_is_finished_when_it_is_back(
    sandbox: RunningSandbox, namespace: str, tmp_path: Path
) -> None:
    async with stage(sandbox, tmp_path, namespace, is_chart=False) as here:
        (here.root / "a.yaml").write_text(_many(100))
        assert (await here.apply("a")).code == 0

        ended = await here.delete(gone_from(lambda call: call.method == "DELETE" and call.name == "one-30"))

        asked = len(here.proxy.calls)
        assert ended.code == 1, ended
        (failed,) = ended.document["deployments"]
        assert failed["outcome"] == "failed"
        left = set((await here.found()).objects)
        assert len(left) > 30
        assert {name for name in left if name not in failed["explanation"]} == set()

        assert asked < 1000  # nearly all of them in the first second

        finished = await here.delete()

        assert finished.code == 0, finished
        assert (await here.found()).objects == {}
