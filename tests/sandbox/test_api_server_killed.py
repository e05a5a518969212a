"""F1 for real: the API server of a sandbox is killed in the middle of a deployment, and comes back by itself."""

from __future__ import annotations

from pathlib import Path
from signal import SIGKILL, Signals

import pytest

from fairlead.sandbox import modules
from fairlead.sandbox.cluster import down, existing, programs, up
from fairlead.sandbox.processes import identify, send
from fairlead.sandbox.spec import NodeKind, SandboxSpec
from tests.e2e.running import RunningSandbox
from tests.faults.rules import HangUp, at_write
from tests.faults.stage import Stage, stage
from tests.sandbox.traces import settings_in, unheard

pytestmark = pytest.mark.sandbox

NAME = "killed"
API_SERVER = "apiserver-1"


async def test_f1_a_deployment_outlives_the_api_server_wherever_it_is_killed(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    try:
        tools = await programs((modules.HELM, modules.KUSTOMIZE), settings, unheard)
        status = await up(SandboxSpec(NAME, 1, NodeKind.NONE), settings, unheard)
        sandbox = RunningSandbox(status, settings, Path(tools["helm"]), Path(tools["kustomize"]))

        def kill_the_server(signal: Signals) -> None:
            [running] = [one.pid for one in existing(NAME, settings).processes if one.name == API_SERVER]
            process = identify(running or 0)
            assert process is not None
            send(process, signal)

        async with stage(sandbox, tmp_path, "default", is_chart=False) as here:
            assert (await here.apply("a")).code == 0
            writes = await _writes_of_an_update(here)
            for number, version in zip(range(2, writes + 1, 2), "aba", strict=False):
                arrived = HangUp(committed=number % 4 == 0, signal=SIGKILL)
                ended = await here.apply(version, at_write(number, arrived), victim=kill_the_server)

                assert here.proxy.struck is not None
                assert ended.code == 0, ended
                found = await here.found()
                assert found.objects == {"always": {"version": version}, f"only-{version}": {}}, ended
                assert (found.owned, found.settled, set(found.outcomes.values())) == (True, True, {"succeeded"})
    finally:
        await down(NAME, settings, unheard)


async def _writes_of_an_update(here: Stage) -> int:
    await here.apply("b")
    return len(here.proxy.writes)
