"""Sandboxes from up to down, on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.domain.errors import InputError, OperationFailed
from fairlead.doors.process import Program, ProgramFailed, locate, run
from fairlead.sandbox.build import ensure
from fairlead.sandbox.cluster import down, existing, needed_modules, reset, status, up
from fairlead.sandbox.modules import ETCD
from fairlead.sandbox.places import Places
from fairlead.sandbox.processes import end, identify, send
from fairlead.sandbox.spec import NodeKind, Progress, SandboxSpec, Step
from fairlead.sandbox.status import SandboxStatus
from fairlead.sandbox.waiting import holds_within
from fairlead.settings import Settings
from tests.sandbox.programs import script
from tests.sandbox.traces import machine, settings_in, traces, unheard

pytestmark = pytest.mark.sandbox

SOURCES = Path(__file__).parents[2] / "src"


@asynccontextmanager
async def running(spec: SandboxSpec, settings: Settings) -> AsyncIterator[SandboxStatus]:
    try:
        yield await up(spec, settings, unheard)
    finally:
        await down(spec.name, settings, unheard)


async def kubectl(found: SandboxStatus, *arguments: str, context: int = 0) -> str:
    argv = (found.state.programs["kubectl"], "--context", found.state.clusters[context].name, *arguments)
    env = {"HOME": str(found.kubeconfig.parent), "KUBECONFIG": str(found.kubeconfig)}
    return (await run(Program(argv, env=env))).stdout.decode()


async def test_down_leaves_nothing_of_the_best_nodes_behind(tmp_path: Path) -> None:
    settings, before = settings_in(tmp_path), machine()
    places = Places.of("gone", settings)
    async with running(SandboxSpec("gone"), settings) as found:
        assert found.healthy
        assert found.kubeconfig.stat().st_mode & 0o777 == 0o600
        during = await traces(places)
        assert during["processes"]
        assert bool(during["links"] and during["routes"] and during["groups"]) is (found.state.nodes is NodeKind.REAL)
        assert machine() == before
    assert {what: left for what, left in (await traces(places)).items() if left} == {}
    assert machine() == before
    assert status("gone", settings) is None


async def test_two_sandboxes_live_side_by_side(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    async with running(SandboxSpec("left"), settings) as left, running(SandboxSpec("right"), settings) as right:
        assert left.state.registry != right.state.registry
        assert left.state.clusters[0].ranges != right.state.clusters[0].ranges or left.state.nodes is not NodeKind.REAL
        await kubectl(left, "create", "namespace", "only-left")
        await down("left", settings, unheard)
        assert "only-left" not in await kubectl(right, "get", "namespaces")
        assert existing("right", settings).healthy


async def test_clusters_of_one_sandbox_are_independent(tmp_path: Path) -> None:
    async with running(SandboxSpec("many", 2, NodeKind.NONE), settings_in(tmp_path)) as found:
        await kubectl(found, "create", "namespace", "only-first", context=0)
        assert "only-first" not in await kubectl(found, "get", "namespaces", context=1)
        assert [cluster.name for cluster in found.state.clusters] == ["many-1", "many-2"]


async def test_up_again_finds_it_running_unless_something_else_is_wanted(tmp_path: Path) -> None:
    settings, copy = settings_in(tmp_path), tmp_path / "copy" / "kubeconfig"
    spec = SandboxSpec("same", nodes=NodeKind.NONE)
    async with running(spec, settings) as first:
        again = await up(spec, settings, unheard, copy=copy)
        assert again.state.supervisor == first.state.supervisor
        assert copy.read_bytes() == first.kubeconfig.read_bytes()
        assert copy.stat().st_mode & 0o777 == 0o600
        with pytest.raises(InputError) as refused:
            await up(replace(spec, clusters=2), settings, unheard)
        assert refused.value.code == "sandboxDiffers"
    assert not copy.exists()


async def test_the_users_own_kubeconfig_is_never_written(tmp_path: Path) -> None:
    own = tmp_path / "config"
    settings = replace(settings_in(tmp_path), kubeconfig=(own,))
    with pytest.raises(InputError) as refused:
        await up(SandboxSpec("any", nodes=NodeKind.NONE), settings, unheard, copy=own)
    assert refused.value.code == "sandboxKubeconfig"


async def test_reset_empties_the_clusters_and_keeps_their_addresses(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    async with running(SandboxSpec("again"), settings) as found:
        credentials = found.kubeconfig.read_bytes()
        await kubectl(found, "create", "namespace", "old")
        fresh = await reset("again", settings, unheard)
        assert fresh.healthy
        assert fresh.kubeconfig.read_bytes() == credentials
        assert "old" not in await kubectl(fresh, "get", "namespaces")


async def test_a_process_that_dies_is_started_again(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    async with running(SandboxSpec("hurt", nodes=NodeKind.NONE), settings) as found:
        [etcd] = [process for process in found.processes if process.name == "etcd-1"]
        assert etcd.pid is not None
        process = identify(etcd.pid)
        assert process is not None
        await end([process], grace=0)

        async def back() -> bool:
            [now] = [entry for entry in existing("hurt", settings).processes if entry.name == "etcd-1"]
            return now.running and now.restarts == 1

        await holds_within(20, "etcd", back)

        async def answers() -> bool:
            try:
                return "default" in await kubectl(found, "get", "namespaces")
            except ProgramFailed:
                return False

        await holds_within(30, "the API server", answers)


CRASHING = """
import asyncio, os, signal, sys
from fairlead.sandbox.build import ensure
from fairlead.sandbox.cluster import up
from fairlead.sandbox.spec import SandboxSpec, Step
from fairlead.settings import Settings

steps = []
def crash(event):
    if isinstance(event, Step):
        steps.append(event)
        if len(steps) == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(up(SandboxSpec("crash"), Settings.from_environment(), crash))
"""


@pytest.mark.parametrize("step", [1, 2])
async def test_down_cleans_up_after_a_start_that_crashed(tmp_path: Path, step: int) -> None:
    settings, before = settings_in(tmp_path), machine()
    argv = (sys.executable, "-c", CRASHING, str(step))
    crashed = await run(Program(argv, env=settings.environ, accepted=frozenset({-signal.SIGKILL})))
    assert crashed.exit_code == -signal.SIGKILL
    places = Places.of("crash", settings)
    assert places.root.exists()
    assert await down("crash", settings, unheard)
    assert {what: left for what, left in (await traces(places)).items() if left} == {}
    assert machine() == before


async def test_a_start_that_is_interrupted_ends_its_processes_and_keeps_its_logs(tmp_path: Path) -> None:
    settings, places = settings_in(tmp_path), Places.of("stopped", settings_in(tmp_path))
    starting: asyncio.Task[SandboxStatus]

    def interrupt(event: Progress) -> None:
        if isinstance(event, Step) and event.text.startswith("waiting"):
            starting.cancel()

    starting = asyncio.create_task(up(SandboxSpec("stopped"), settings, interrupt))
    with pytest.raises(asyncio.CancelledError):
        await starting
    left = await traces(places)
    assert (left["processes"], left["links"], left["groups"]) == ([], [], [])
    assert places.log("supervisor").exists()
    assert not existing("stopped", settings).healthy
    await down("stopped", settings, unheard)
    assert not places.root.exists()


async def test_a_start_that_fails_says_what_ended_and_how(tmp_path: Path) -> None:
    ambient = settings_in(tmp_path)
    cache = tmp_path / "cache"
    shutil.copytree(ambient.cache / "programs", cache / "programs", copy_function=_link)
    [etcd] = (await ensure((ETCD,), replace(ambient, cache=cache), unheard)).values()
    etcd.unlink()
    script(etcd, "echo the disk is on fire; exit 9")
    spec = SandboxSpec("failing", nodes=NodeKind.NONE)
    with pytest.raises(OperationFailed) as failed:
        await up(spec, replace(ambient, cache=cache), unheard)
    assert [problem.code for problem in failed.value.problems] == ["sandboxProcess", "sandboxProcess"]
    assert "the disk is on fire" in failed.value.problems[1].message
    await down("failing", ambient, unheard)


async def test_a_sandbox_without_its_supervisor_is_ended_and_made_anew(tmp_path: Path) -> None:
    settings, spec = settings_in(tmp_path), SandboxSpec("headless", nodes=NodeKind.NONE)
    async with running(spec, settings) as found:
        assert found.state.supervisor is not None
        send(found.state.supervisor, signal.SIGKILL)
        await end([found.state.supervisor])
        assert not existing("headless", settings).healthy
        fresh = await up(spec, settings, unheard)
        assert fresh.healthy
        assert not any(process.pid == other.pid for process in found.processes for other in fresh.processes)


@pytest.fixture
async def foreign_cache() -> AsyncIterator[Path]:
    """The built programs as another user finds them: readable, and not writable."""
    settings = Settings.from_environment()
    await ensure(needed_modules(NodeKind.SIMULATED), settings, unheard)
    folder = Path(tempfile.mkdtemp(prefix="fairlead-cache-"))
    shutil.copytree(settings.cache / "programs", folder / "programs", copy_function=_link)
    os.chmod(folder, 0o755)  # noqa: PTH101 - mkdtemp makes it private
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def foreign_home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="fairlead-home-"))
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    yield folder
    shutil.rmtree(folder)


async def test_without_root_nodes_are_simulated_from_a_cache_of_others(foreign_cache: Path, foreign_home: Path) -> None:
    env = {
        "HOME": str(foreign_home),
        "PATH": Settings.from_environment().search_path,
        "PYTHONPATH": os.pathsep.join([str(SOURCES), *(path for path in sys.path if path.endswith("site-packages"))]),
        "FAIRLEAD_CACHE": str(foreign_cache),
    }
    python = await _python_of_others(env)
    made = await run(Program((*python, "-c", UNPRIVILEGED), env=env, cwd=foreign_home, timeout=300))
    told = json.loads(made.stdout)
    assert told["nodes"] == "simulated"
    assert told["notices"] == 1
    assert told["available"] == "1"
    assert told["without cache"] == "sandboxCache"
    assert not any((foreign_home / ".local").rglob("sandbox.json"))


UNPRIVILEGED = """
import asyncio, json
from dataclasses import replace
from fairlead.domain.errors import OperationFailed
from fairlead.sandbox.build import ensure
from fairlead.sandbox.modules import PROGRAMS
from fairlead.doors.process import Program, run
from fairlead.sandbox.build import ensure
from fairlead.sandbox.cluster import down, up
from fairlead.sandbox.spec import Notice, SandboxSpec
from fairlead.settings import Settings

async def main():
    settings, events = Settings.from_environment(), []
    found = await up(SandboxSpec("other"), settings, events.append)
    async def kubectl(*arguments):
        argv = (found.state.programs["kubectl"], "--kubeconfig", str(found.kubeconfig), *arguments)
        return (await run(Program(argv, env=settings.environ))).stdout.decode()
    try:
        await kubectl("create", "deployment", "app", "--image", found.state.registry + "/app:1.0")
        await kubectl("rollout", "status", "deployment/app", "--timeout=60s")
        available = await kubectl("get", "deployment", "app", "--output=jsonpath={.status.availableReplicas}")
    finally:
        await down("other", settings, events.append)
    notices = sum(isinstance(event, Notice) for event in events)
    try:
        await ensure((PROGRAMS,), replace(settings, cache=settings.cache / "absent"), events.append)
    except OperationFailed as failed:
        refused = failed.code
    told = {"nodes": found.state.nodes, "notices": notices, "available": available, "without cache": refused}
    print(json.dumps(told))

asyncio.run(main())
"""


PROBE = "import os, sys, fairlead.sandbox.cluster; sys.exit(not os.access(sys.executable, os.X_OK))"


async def _python_of_others(env: dict[str, str]) -> tuple[str, ...]:
    """A Python that a user without rights can run, as that user when we are root."""
    if os.geteuid() != 0:
        return (sys.executable,)
    for python in (sys.executable, locate("python3", search_path="/usr/bin")):
        argv = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(python))
        try:
            await run(Program((*argv, "-c", PROBE), env=env))
        except ProgramFailed:
            continue
        return argv
    pytest.fail("no Python on this machine is for all users")


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
    if os.geteuid() == 0:
        Path(target).chmod(0o755)
