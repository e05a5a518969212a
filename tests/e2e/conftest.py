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

from fairlead.domain.access import Access
from fairlead.sandbox import modules
from fairlead.sandbox.cluster import down, programs, up
from fairlead.sandbox.spec import NodeKind, Progress, SandboxSpec
from fairlead.settings import Settings
from tests.e2e.repositories import Repository
from tests.e2e.running import RunningSandbox, last_use, shared_use
from tests.e2e.shells import Shell
from tests.e2e.shops import Shop, make_shop
from tests.e2e.sites import Site, open_site

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


@pytest.fixture
def sandbox_access(sandbox: RunningSandbox) -> Access:
    return sandbox.access()


@pytest.fixture
async def site(sandbox: RunningSandbox, namespace: str) -> AsyncIterator[Site]:
    async with open_site(sandbox, namespace) as site:
        yield site


@pytest.fixture
def shop(tmp_path: Path, sandbox: RunningSandbox, namespace: str) -> Shop:
    return make_shop(tmp_path / "shop", sandbox, namespace)


@pytest.fixture
def repository(tmp_path: Path, sandbox: RunningSandbox, namespace: str) -> Repository:
    root = tmp_path / "shop"
    root.mkdir()
    return Repository(root, namespace, sandbox)


@pytest.fixture
def shell(real_sandbox: RunningSandbox, namespace: str, tmp_path: Path) -> Shell:
    shell = Shell(real_sandbox, namespace, tmp_path)
    shell.describe()
    return shell


async def _start(settings: Settings) -> RunningSandbox:
    tools = await programs((modules.HELM, modules.KUSTOMIZE), settings, _unheard)
    status = await up(SandboxSpec("e2e", CLUSTERS), settings, _unheard)
    return RunningSandbox(status, settings, Path(tools["helm"]), Path(tools["kustomize"]))


async def _end(settings: Settings) -> None:
    await down("e2e", settings, _unheard)


def _unheard(_event: Progress) -> None:
    """Progress of a start is of no interest to tests."""
