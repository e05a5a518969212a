"""What a run does while its API server, its neighbours or its own process are in trouble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from signal import SIGCONT, SIGSTOP, Signals

import pytest

from fairlead.doors.process import Program, run, start, stop
from tests.e2e.running import RunningSandbox
from tests.e2e.test_cli import ANY_CODE, FAIRLEAD
from tests.fakes.terminal import Ended
from tests.faults.rules import Call, HangUp, at_write
from tests.faults.stage import OBJECTS, Stage, stage

pytestmark = pytest.mark.e2e

APPLY = ("apply", "test", "--yes", "--no-wait", "--output", "json")
STOPPED = HangUp(committed=False, signal=SIGSTOP)


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
    # and arrive afterwards: that is what no check before the sending can prevent.
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
