"""Builds the programs of a sandbox once and keeps them in the cache.

The cache is `programs/MODULE-VERSION-DIGEST/PROGRAM`. A folder appears there whole or not at all; a cache that has
everything is only read, and so may belong to somebody else.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.doors.process import Program, start, stop
from fairlead.sandbox.locks import holding
from fairlead.sandbox.modules import GoModule
from fairlead.sandbox.spec import Building, Built, Listener
from fairlead.sandbox.toolchain import Go, find_go
from fairlead.settings import Settings

_REPORT_SECONDS = 0.5
_KEPT_LINES = 30


def cached(module: GoModule, settings: Settings) -> dict[str, Path] | None:
    """The programs of a module by name, when they are all in the cache."""
    folder = _folder(module, settings)
    programs = {name: folder / name for name in module.programs}
    return programs if all(path.exists() for path in programs.values()) else None


async def ensure(modules: Iterable[GoModule], settings: Settings, listener: Listener) -> dict[str, Path]:
    """The programs of all modules by name; those that the cache lacks are built, one module after the other.

    Raises:
        OperationFailed: a build failed, or there is no Go tool.
    """
    programs: dict[str, Path] = {}
    for module in modules:
        programs |= cached(module, settings) or await _build_once(module, settings, listener)
    return programs


def _check_writable(settings: Settings) -> None:
    existing = next(folder for folder in (settings.cache, *settings.cache.absolute().parents) if folder.exists())
    if not os.access(existing, os.W_OK):
        raise OperationFailed(
            Problem(
                code="sandboxCache",
                message=f"the cache {settings.cache} lacks programs, and may not be written",
                remedy="set FAIRLEAD_CACHE to a folder of your own, or let its owner run `fairlead sandbox up` once",
            )
        )


async def _build_once(module: GoModule, settings: Settings, listener: Listener) -> dict[str, Path]:
    _check_writable(settings)
    folder = _folder(module, settings)
    async with holding(folder.parent / f".{module.name}.lock"):
        found = cached(module, settings)
        if found is None:
            go = await find_go(module.go, settings, listener)
            await _build(module, go, folder, listener)
            found = {name: folder / name for name in module.programs}
    return found


async def _build(module: GoModule, go: Go, folder: Path, listener: Listener) -> None:
    clock = asyncio.get_running_loop()
    began = clock.time()
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    names = tuple(module.programs)

    def report(detail: str) -> None:
        listener(Building(module.name, names, clock.time() - began, detail))

    try:
        for argv in _commands(module, go, draft):
            await _follow(Program(argv, cwd=module.folder, env=go.env), report)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    listener(Built(module.name, names, clock.time() - began))


def _commands(module: GoModule, go: Go, draft: Path) -> list[tuple[str, ...]]:
    build = (str(go.tool), "build", "-v", "-mod=readonly", "-trimpath", f"-ldflags={module.linker_flags}")
    plain = [name for name, package in module.programs.items() if package.endswith(f"/{name}")]
    commands = [(*build, "-o", f"{draft}/", *(module.programs[name] for name in plain))] if plain else []
    # Go names a program after the last part of its package, which is not always its name.
    odd = [name for name in module.programs if name not in plain]
    return commands + [(*build, "-o", str(draft / name), module.programs[name]) for name in odd]


async def _follow(program: Program, report: Callable[[str], None]) -> None:
    child = await start(program)
    lines: list[str] = []
    try:
        reading = asyncio.create_task(_read(child.stderr, lines))
        while not reading.done():
            report(lines[-1] if lines else "")
            await asyncio.wait({reading}, timeout=_REPORT_SECONDS)
        code = await child.wait()
    finally:
        await stop(child)
    if code != 0:
        tail = "\n".join(lines[-_KEPT_LINES:])
        raise OperationFailed(Problem(code="sandboxBuild", message=f"{program.shown}: exit code {code}: {tail}"))


async def _read(pipe: asyncio.StreamReader | None, lines: list[str]) -> None:
    while pipe is not None and (line := await pipe.readline()):
        lines.append(line.decode(errors="replace").strip())


def _folder(module: GoModule, settings: Settings) -> Path:
    return settings.cache / "programs" / module.folder_name(f"{platform.system()}/{platform.machine()}".lower())
