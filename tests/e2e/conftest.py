"""One sandbox for all end-to-end tests of a run, also when the run is spread over several processes.

The first test that wants it starts it, the others find it running, and the process that needs it last ends it. Tests
keep out of each other's way by namespaces of their own.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from fairlead.sandbox import modules
from fairlead.sandbox.cluster import down, programs, up
from fairlead.sandbox.spec import NodeKind, Progress, SandboxSpec
from fairlead.settings import Settings
from tests.e2e.running import RunningSandbox, last_use, shared_use

CLUSTERS = 2


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[RunningSandbox]:
    """A sandbox of two clusters, with real nodes where possible."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    ambient = Settings.from_environment()
    environ = {**ambient.environ, "XDG_STATE_HOME": str(shared / "state"), "FAIRLEAD_CACHE": str(ambient.cache)}
    settings = Settings.from_environment(environ)
    lock = shared / "sandbox.lock"
    with shared_use(lock):
        yield asyncio.run(_start(settings))
    with last_use(lock) as alone:
        if alone:
            asyncio.run(_end(settings))


@pytest.fixture
def real_sandbox(sandbox: RunningSandbox) -> RunningSandbox:
    """The sandbox, for tests of what only really running pods can show."""
    if sandbox.status.state.nodes is not NodeKind.REAL:
        pytest.skip("nodes are simulated here: real ones need root, Linux and what scripts/packages installs")
    return sandbox


@pytest.fixture
async def namespace(sandbox: RunningSandbox) -> AsyncIterator[str]:
    """A namespace of the first cluster that is this test's alone."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    await sandbox.ask("create", "namespace", name)
    yield name
    await sandbox.ask("delete", "namespace", name, "--wait=false")


async def _start(settings: Settings) -> RunningSandbox:
    tools = await programs((modules.HELM, modules.KUSTOMIZE), settings, _unheard)
    status = await up(SandboxSpec("e2e", CLUSTERS), settings, _unheard)
    return RunningSandbox(status, settings, Path(tools["helm"]), Path(tools["kustomize"]))


async def _end(settings: Settings) -> None:
    await down("e2e", settings, _unheard)


def _unheard(_event: Progress) -> None:
    """Progress of a start is of no interest to tests."""
