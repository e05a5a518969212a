"""Argo Rollouts on the same cluster: its controller as `bench/installing.py` builds it, its kinds from that module."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bench.bluegreen.site import Site
from bench.installing import ARGO_ROLLOUTS
from fairlead.doors.process import Program, start_logged, stop
from fairlead.doors.yaml import read_manifests
from fairlead.sandbox.build import cached
from fairlead.settings import Settings

_PORTS: Final = ("--metricsPort", "18090", "--healthzPort", "18080")


@asynccontextmanager
async def controller(site: Site, kubeconfig: Path, context: str) -> AsyncIterator[bool]:
    """Have the controller run for the length of a block, one of it; say whether it was built."""
    settings = Settings.from_environment()
    programs = cached(ARGO_ROLLOUTS, settings)
    if programs is None:
        yield False
        return
    modules = Path(settings.environ.get("GOMODCACHE") or settings.cache / "go" / "mod")
    kinds = modules / f"{ARGO_ROLLOUTS.source}@v{ARGO_ROLLOUTS.version}" / "manifests" / "crds"
    for file in sorted(kinds.glob("*-crd.yaml")):
        for manifest, _ in read_manifests(file.read_bytes(), file.name):
            await site.cluster.apply(manifest, manager="bench")
    reach = ("--kubeconfig", str(kubeconfig), "--context", context, "--leader-elect=false", "--loglevel=error")
    with (site.folder / "argo.log").open("wb") as log:
        running = await start_logged(Program((str(programs["rollouts-controller"]), *reach, *_PORTS)), log=log)
        try:
            yield True
        finally:
            await stop(running)
