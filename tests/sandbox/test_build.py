"""The cache of built programs, with a Go tool that only pretends."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fairlead.domain.errors import OperationFailed
from fairlead.sandbox.build import cached, ensure
from fairlead.sandbox.modules import ETCD, KWOK, PROGRAMS
from fairlead.sandbox.spec import Building, Built, Progress
from fairlead.settings import Settings
from tests.sandbox.programs import script

# Answers `go env`, and for `go build ... -o TARGET PACKAGE...` makes the files that Go would make.
PRETENDING = """
if [ "$1" = env ]; then echo go1.99.0; exit; fi
echo run >> "$LOG"
while [ "$1" != -o ]; do shift; done
target=$2; shift 2
echo "compiling $target" >&2
case "$target" in
*/) for package in "$@"; do echo program > "$target${package##*/}"; done ;;
*) echo program > "$target" ;;
esac
"""


@dataclass
class Machine:
    folder: Path
    events: list[Progress] = field(default_factory=list)

    def settings(self, go: str = PRETENDING) -> Settings:
        script(self.folder / "bin" / "go", go)
        path = f"{self.folder / 'bin'}:{os.defpath}"
        environ = {"HOME": str(self.folder), "PATH": path, "LOG": str(self.folder / "log")}
        return Settings.from_environment(environ)

    @property
    def runs(self) -> int:
        log = self.folder / "log"
        return len(log.read_text().splitlines()) if log.exists() else 0


async def test_programs_are_built_once_and_then_only_found(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    settings = machine.settings()
    built = await ensure((PROGRAMS, ETCD), settings, machine.events.append)
    assert set(built) == {"app", "node", "provisioner", "etcd"}
    assert all(path.is_file() and path.is_relative_to(settings.cache) for path in built.values())
    runs = machine.runs
    assert await ensure((PROGRAMS, ETCD), settings, machine.events.append) == built
    assert machine.runs == runs
    assert [event.module for event in machine.events if isinstance(event, Built)] == ["programs", "etcd"]
    assert any(isinstance(event, Building) for event in machine.events)


async def test_programs_are_named_by_us_whatever_go_calls_them(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    built = await ensure((KWOK,), machine.settings(), machine.events.append)
    assert {path.name for path in built.values()} == {"kwok", "kwok-stages"}


async def test_two_builders_at_once_build_once(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    settings = machine.settings()
    await asyncio.gather(*(ensure((PROGRAMS,), settings, machine.events.append) for _ in range(3)))
    assert machine.runs == 1


async def test_a_build_that_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    settings = machine.settings('[ "$1" = env ] && echo go1.99 && exit; echo "cannot find module" >&2; exit 1')
    with pytest.raises(OperationFailed) as failed:
        await ensure((PROGRAMS,), settings, machine.events.append)
    assert failed.value.code == "sandboxBuild"
    assert cached(PROGRAMS, settings) is None
    assert [path.name for path in (settings.cache / "programs").iterdir()] == [".programs.lock"]
