"""Which processes are ours, and that no other is ever ended."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.doors.process import Program, start_daemon
from fairlead.sandbox.processes import MARK, alive, end, find_marked, identify, parse_stat, send
from fairlead.sandbox.spec import ProcessId

AFTER_NAME = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21"


@pytest.mark.parametrize(
    ("stat", "expected"),
    [
        (f"7 (sh) {AFTER_NAME}", ProcessId(7, 4711)),
        (f"7 (a) b (c) d) {AFTER_NAME}", ProcessId(7, 4711)),
        (f"7 (sh) {AFTER_NAME.replace('S', 'Z', 1)}", None),
        (f"7 (sh) {AFTER_NAME.replace('S', 'X', 1)}", None),
    ],
)
def test_the_kernels_line_is_read_whatever_the_name(stat: str, expected: ProcessId | None) -> None:
    assert parse_stat(7, stat) == expected


def sleeper(folder: Path, *, stubborn: bool = False) -> ProcessId:
    trap = "trap '' TERM; " if stubborn else ""
    # The read blocks for ever: the pipe is open on both ends and nobody writes.
    script = f"{trap}mkfifo {folder}/pipe; : > {folder}/ready; exec 3<>{folder}/pipe; read line <&3"
    program = Program(("sh", "-c", script), env={"PATH": os.defpath, MARK: str(folder)})
    with (folder / "log").open("wb") as log:
        process = identify(start_daemon(program, log=log))
    assert process is not None
    return process


async def test_a_marked_process_is_found_and_ended(tmp_path: Path) -> None:
    process = sleeper(tmp_path)
    assert process in list(find_marked(tmp_path))
    await end([process], grace=5)
    assert not alive(process)
    assert list(find_marked(tmp_path)) == []


async def test_a_process_that_will_not_end_is_killed(tmp_path: Path) -> None:
    process = sleeper(tmp_path, stubborn=True)
    while not (tmp_path / "ready").exists():
        assert alive(process)
    await end([process], grace=0.05)
    assert not alive(process)


async def test_a_number_that_was_used_again_is_left_alone(tmp_path: Path) -> None:
    process = sleeper(tmp_path)
    earlier = replace(process, started=process.started - 1)
    assert not alive(earlier)
    await end([earlier], grace=5)
    send(earlier, signal.SIGKILL)
    assert alive(process)
    await end([process], grace=5)


async def test_another_sandbox_is_not_marked_by_a_prefix(tmp_path: Path) -> None:
    own = tmp_path / "one-more"
    own.mkdir()
    process = sleeper(own)
    try:
        assert list(find_marked(tmp_path / "one")) == []
    finally:
        await end([process], grace=5)


def test_a_process_that_has_gone_has_no_identity(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        child = start_daemon(Program(("true",), env={"PATH": os.defpath}), log=log)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert identify(child) is None, "it ended, although its number is not free yet"
    os.waitpid(child, 0)
    assert identify(child) is None
