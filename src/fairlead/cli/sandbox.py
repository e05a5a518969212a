"""`fairlead sandbox`: a real Kubernetes on this machine, to try things."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.grouping import group
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.sandbox_progress import SandboxProgress
from fairlead.cli.text.sandbox import access_lines, log_lines, sandbox_lines
from fairlead.cli.wire.sandbox import Sandbox, SandboxCluster, SandboxProcess
from fairlead.domain.errors import InputError, Problem
from fairlead.sandbox import cluster as sandboxes
from fairlead.sandbox.loading import load_image as load
from fairlead.sandbox.spec import DEFAULT_NAME, NodeKind, SandboxSpec
from fairlead.sandbox.status import SandboxStatus, log_tail

Name = Annotated[str, typer.Option("--name", metavar="NAME", help="Which sandbox")]


def up(
    name: Name = DEFAULT_NAME,
    clusters: Annotated[int, typer.Option("--clusters", metavar="N", help="How many clusters")] = 1,
    nodes: Annotated[
        NodeKind | None,
        typer.Option("--nodes", metavar="KIND", help="real, simulated or none [default: real where possible]"),
    ] = None,
    kubeconfig_out: Annotated[
        Path | None, typer.Option("--kubeconfig-out", metavar="FILE", help="Also write the kubeconfig here")
    ] = None,
    *,
    common: Common,
) -> Operation:
    """Start a sandbox, or find it running."""
    return Operation(common, partial(_up, SandboxSpec(name, clusters, nodes), kubeconfig_out))


def down(name: Name = DEFAULT_NAME, *, common: Common) -> Operation:
    """End a sandbox and remove all of it."""
    return Operation(common, partial(_down, name))


def status(name: Name = DEFAULT_NAME, *, common: Common) -> Operation:
    """Show a sandbox and its processes."""
    return Operation(common, partial(_status, name))


def reset(name: Name = DEFAULT_NAME, *, common: Common) -> Operation:
    """Empty the clusters; addresses and images stay."""
    return Operation(common, partial(_reset, name))


def load_image(
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="An archive (docker save), app:TAG, or a local image")],
    name: Name = DEFAULT_NAME,
    *,
    common: Common,
) -> Operation:
    """Put an image into the registry."""
    return Operation(common, partial(_load_image, image, name))


def logs(
    process: Annotated[
        str | None, typer.Argument(metavar="PROCESS", help="As `status` names it; all if absent")
    ] = None,
    name: Name = DEFAULT_NAME,
    lines: Annotated[int, typer.Option("--lines", metavar="N", help="How many lines of each")] = 20,
    *,
    common: Common,
) -> Operation:
    """Print the end of processes' logs."""
    return Operation(common, partial(_logs, process, name, lines))


async def _up(spec: SandboxSpec, copy: Path | None, run: Run) -> int:
    with SandboxProgress(run.surroundings.streams, color=run.output.color) as progress:
        where = run.surroundings.directory / copy if copy is not None else None
        found = await sandboxes.up(spec, run.surroundings.settings, progress.take, copy=where)
    run.output.show(_document(found, kubeconfig=where), access_lines)
    return 0


async def _down(name: str, run: Run) -> int:
    with SandboxProgress(run.surroundings.streams, color=run.output.color) as progress:
        await sandboxes.down(name, run.surroundings.settings, progress.take)
    run.output.show(_nothing(), lambda _document, _width: ())
    return 0


async def _status(name: str, run: Run) -> int:
    found = sandboxes.status(name, run.surroundings.settings)
    run.output.show(_nothing() if found is None else _document(found), sandbox_lines)
    return 0


async def _reset(name: str, run: Run) -> int:
    with SandboxProgress(run.surroundings.streams, color=run.output.color) as progress:
        found = await sandboxes.reset(name, run.surroundings.settings, progress.take)
    run.output.show(_document(found), access_lines)
    return 0


async def _load_image(image: str, name: str, run: Run) -> int:
    found = _existing(name, run)
    loaded = await load(image, found.state, run.surroundings.settings, run.surroundings.directory)
    for reference in loaded:
        run.surroundings.streams.report(f"loaded {reference}")
    run.output.show(_document(found), lambda _document, _width: ())
    return 0


async def _logs(process: str | None, name: str, lines: int, run: Run) -> int:
    found = _existing(name, run)
    known = {entry.name: entry.log for entry in found.processes}
    if process is not None and process not in known:
        raise InputError(
            Problem(
                "sandboxProcessUnknown",
                f"the sandbox has no process {process!r}",
                remedy="choose one of " + ", ".join(known),
            )
        )
    chosen = known if process is None else {process: known[process]}
    said = [line for title, path in chosen.items() for line in log_lines(title, log_tail(path, lines))]
    run.output.show(_document(found), lambda _document, _width: said)
    return 0


def _existing(name: str, run: Run) -> SandboxStatus:
    return sandboxes.existing(name, run.surroundings.settings)


def _document(found: SandboxStatus, *, kubeconfig: Path | None = None) -> Sandbox:
    state = found.state
    return Sandbox(
        clusters=[
            SandboxCluster(
                name=cluster.name,
                context=cluster.name,
                server=cluster.server,
                nodes=0 if state.nodes is NodeKind.NONE else 1,
                version=state.version,
            )
            for cluster in state.clusters
        ],
        kubeconfig=str(kubeconfig or found.kubeconfig),
        registry=state.registry,
        node_kind=state.nodes.value,
        healthy=found.healthy,
        processes=tuple(
            SandboxProcess(
                name=process.name,
                running=process.running,
                pid=process.pid,
                restarts=process.restarts,
                last_exit=process.last_exit,
                log=str(process.log),
            )
            for process in found.processes
        ),
    )


def _nothing() -> Sandbox:
    return Sandbox(clusters=[], kubeconfig="", registry=None)


app = group("sandbox", up, down, status, reset, load_image, logs)
