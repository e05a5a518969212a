"""Sandboxes: real Kubernetes clusters that come up in seconds and leave nothing behind.

The functions here are the whole of what others use: `up`, `down`, `reset`, `status`. Each changes one sandbox, under
its lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from fairlead.domain.errors import FairleadError, InputError, OperationFailed, Problem
from fairlead.sandbox import making as stages
from fairlead.sandbox import modules
from fairlead.sandbox.build import ensure
from fairlead.sandbox.locks import holding
from fairlead.sandbox.making import Making
from fairlead.sandbox.modules import GoModule
from fairlead.sandbox.places import Places
from fairlead.sandbox.processes import alive
from fairlead.sandbox.requirements import choose_nodes
from fairlead.sandbox.spec import Listener, NodeKind, Phase, SandboxSpec, SandboxState, Step
from fairlead.sandbox.status import SandboxStatus, culprits, describe
from fairlead.sandbox.supervision import write_private
from fairlead.sandbox.teardown import load, remove_folder, stop_processes, tear_down
from fairlead.settings import Settings


async def up(spec: SandboxSpec, settings: Settings, listener: Listener, *, copy: Path | None = None) -> SandboxStatus:
    """Start a sandbox, or find it running; `copy` gets a copy of its kubeconfig.

    Raises:
        InputError: it runs already, but differently from what is asked, or `copy` is the user's own kubeconfig.
        OperationFailed: something did not start; its processes are ended, its logs are kept until `down` or `up`.
    """
    places = Places.of(spec.name, settings)
    making = Making(places, settings, listener)
    _check_copy(copy, settings)
    nodes = await choose_nodes(spec.nodes, settings, listener)
    async with holding(places.lock):
        state = load(places)
        if state is not None and state.phase is Phase.READY and alive(state.supervisor):
            _check_same(state, spec, nodes)
        else:
            await tear_down(places, making.env)
            state = await _make(making, spec, nodes)
        if copy is not None:
            state = making.save(_copied(state, places, copy))
        return describe(places, state)


async def down(name: str, settings: Settings, listener: Listener) -> bool:
    """End a sandbox and remove all that it is; False when there was none.

    Raises:
        OperationFailed: something cannot be ended or removed.
    """
    places = Places.of(name, settings)
    existed = places.root.exists()
    listener(Step(f"ending {name}"))
    async with holding(places.lock, remove=True):
        await tear_down(places, Making(places, settings, listener).env)
    return existed


async def reset(name: str, settings: Settings, listener: Listener) -> SandboxStatus:
    """Make the clusters of a sandbox as they were when they were new; addresses, credentials and registry stay.

    Raises:
        InputError: there is no such sandbox.
        OperationFailed: something did not start.
    """
    places = Places.of(name, settings)
    making = Making(places, settings, listener)
    async with holding(places.lock):
        state = _existing(places)
        listener(Step(f"emptying {name}"))
        await stop_processes(places, making.env)
        state = making.save(replace(state, phase=Phase.STARTING, supervisor=None))
        for cluster in state.clusters:
            own = places.cluster(cluster.index)
            await remove_folder(own.etcd)
            await remove_folder(own.var)
        return describe(places, await _run(making, state, fixed=True))


def status(name: str, settings: Settings) -> SandboxStatus | None:
    """How a sandbox is, or None when there is none."""
    places = Places.of(name, settings)
    state = load(places)
    return None if state is None else describe(places, state)


def existing(name: str, settings: Settings) -> SandboxStatus:
    """How a sandbox is.

    Raises:
        InputError: there is none.
    """
    places = Places.of(name, settings)
    return describe(places, _existing(places))


async def programs(wanted: Iterable[GoModule], settings: Settings, listener: Listener) -> dict[str, Path]:
    """Programs by name, for tests and demonstrations that need more than a sandbox itself, as `modules.HELM`."""
    return await ensure(wanted, settings, listener)


def needed_modules(nodes: NodeKind) -> tuple[GoModule, ...]:
    """What a sandbox with such nodes is built from."""
    always = (modules.PROGRAMS, modules.ETCD, modules.REGISTRY, modules.KUBERNETES)
    match nodes:
        case NodeKind.REAL:
            return (*always, modules.COREDNS)
        case NodeKind.SIMULATED:
            return (*always, modules.KWOK)
        case NodeKind.NONE:
            return always


async def _make(making: Making, spec: SandboxSpec, nodes: NodeKind) -> SandboxState:
    built = await ensure(needed_modules(nodes), making.settings, making.listener)
    making.places.root.mkdir(parents=True, mode=0o700)
    state = await stages.plan(making, spec, nodes=nodes, programs=built, version=f"v{modules.KUBERNETES.version}")
    making.save(state)
    return await _run(making, state, fixed=False)


async def _run(making: Making, state: SandboxState, *, fixed: bool) -> SandboxState:
    making.listener(Step(f"starting {state.name} with {state.nodes} nodes"))
    try:
        state = await stages.hold_nodes(making, state, fixed=fixed)
        if not fixed:
            stages.identify_clusters(making, state)
        return await stages.start(making, state)
    except BaseException as error:
        ended = culprits(making.places)
        await stop_processes(making.places, making.env)
        if problems := _problems(error):
            raise OperationFailed(problems + ended) from error
        raise


def _problems(error: BaseException) -> list[Problem]:
    match error:
        case FairleadError():
            return list(error.problems)
        case ExceptionGroup():
            return [problem for inner in error.exceptions for problem in _problems(inner)]
        case _:
            return []


def _existing(places: Places) -> SandboxState:
    state = load(places)
    if state is None:
        raise InputError(
            Problem(
                code="sandboxMissing",
                message=f"there is no sandbox called {places.root.name}",
                remedy="start it with `fairlead sandbox up`",
            )
        )
    return state


def _copied(state: SandboxState, places: Places, copy: Path) -> SandboxState:
    write_private(copy.absolute(), places.kubeconfig.read_bytes())
    return replace(state, copies=tuple(dict.fromkeys((*state.copies, str(copy.absolute())))))


def _check_same(state: SandboxState, spec: SandboxSpec, nodes: NodeKind) -> None:
    if (state.nodes, len(state.clusters)) != (nodes, spec.clusters):
        raise InputError(
            Problem(
                code="sandboxDiffers",
                message=f"{spec.name} runs with {len(state.clusters)} clusters and {state.nodes} nodes already",
                remedy="end it with `fairlead sandbox down`, or choose another --name",
            )
        )


def _check_copy(copy: Path | None, settings: Settings) -> None:
    own = {path.absolute() for path in (*settings.kubeconfig, settings.home / ".kube" / "config")}
    if copy is not None and copy.absolute() in own:
        raise InputError(
            Problem(
                code="sandboxKubeconfig",
                message=f"{copy} is your own kubeconfig, which a sandbox never writes",
                remedy="give another file to --kubeconfig-out",
            )
        )
