"""The command as a process: signals and pipes."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest

from fairlead.doors.process import Program, start, stop
from fairlead.doors.process import run as run_program
from tests.fakes.installed import ANY_CODE, FAIRLEAD

# A command that says it is running and then waits for ever, in the loop that every command runs in.
WAITING = """\
import asyncio, sys
from pathlib import Path
from fairlead.cli.failures import Failures
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Surroundings, carry_out
from fairlead.cli.streams import Streams
from fairlead.settings import Settings

async def body(run):
    print("ready", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("cleaned up", flush=True)
        if "{stubborn}":
            await asyncio.Event().wait()

surroundings = Surroundings(Settings.from_environment(), Streams.standard(), Path.cwd())
try:
    carry_out(Operation(Common(), body), surroundings)
except BaseException as error:
    sys.exit(Failures([], surroundings.settings, surroundings.streams).report(error))
"""


async def interrupted(number: signal.Signals, *, stubborn: str) -> tuple[int | None, bytes]:
    child = await start(Program((sys.executable, "-c", WAITING.replace("{stubborn}", stubborn))))
    try:
        assert child.stdout is not None
        async with asyncio.timeout(30):
            said = await child.stdout.readline()
            child.send_signal(number)
            said += await child.stdout.readline()
            if stubborn:
                child.send_signal(number)
            await child.wait()
    finally:
        await stop(child)
    return child.returncode, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stubborn", ["", "yes"])
async def test_signals_end_a_command_with_130_after_cleaning_up(number: signal.Signals, stubborn: str) -> None:
    assert await interrupted(number, stubborn=stubborn) == (130, b"ready\ncleaned up\n")


async def test_a_reader_that_goes_away_is_no_error() -> None:
    line = f"{FAIRLEAD} schema output | head -n 1; echo ${{PIPESTATUS[0]}}"
    finished = await run_program(Program(("/bin/bash", "-c", line), env={"PATH": "/usr/bin:/bin"}))
    assert finished.stdout == b"{\n0\n"
    assert finished.stderr == b""


async def test_a_closed_standard_output_is_no_traceback() -> None:
    finished = await run_program(Program(("/bin/bash", "-c", f"{FAIRLEAD} --help >&-"), accepted=ANY_CODE))
    assert b"Traceback" not in finished.stderr
