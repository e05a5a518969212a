from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.doors.process import (
    Program,
    ProgramFailed,
    ProgramLimitExceeded,
    ProgramMissing,
    locate,
    run,
    start,
    start_daemon,
    stop,
)


def python(code: str, *args: str, **options: object) -> Program:
    return Program((sys.executable, "-c", code, *args), **options)  # type: ignore[arg-type] # each test knows its own


async def test_output_and_exit_code_come_back() -> None:
    finished = await run(python("import sys; print('out'); print('err', file=sys.stderr)"))
    assert (finished.exit_code, finished.stdout, finished.stderr) == (0, b"out\n", b"err\n")


async def test_arguments_reach_the_program_as_they_are() -> None:
    hostile = ("; touch x", "$(id)", "`id`", "a\nb", "--flag=1", "ü", "")
    finished = await run(python("import sys; sys.stdout.write('|'.join(sys.argv[1:]))", *hostile))
    assert finished.stdout.decode() == "|".join(hostile)


async def test_the_child_sees_the_given_environment_only() -> None:
    code = "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))"
    assert (await run(python(code, env={"A": "1"}))).stdout == b"['A']\n"


async def test_standard_input_is_sent_even_to_a_child_that_does_not_read() -> None:
    assert (await run(python("import sys; print(len(sys.stdin.read()))", stdin=b"x" * 100_000))).stdout == b"100000\n"
    await run(python("pass", stdin=b"x" * 1_000_000))


async def test_another_exit_code_is_an_error_with_the_programs_own_words() -> None:
    with pytest.raises(ProgramFailed) as caught:
        await run(python("import sys; print('because', file=sys.stderr); sys.exit(3)"))
    assert (caught.value.program_exit_code, caught.value.stderr) == (3, "because")


async def test_accepted_exit_codes_are_no_error() -> None:
    assert (await run(python("raise SystemExit(3)", accepted=frozenset({3})))).exit_code == 3


async def test_a_missing_program_is_named() -> None:
    with pytest.raises(ProgramMissing) as caught:
        await run(Program(("/nowhere/tool",)))
    assert caught.value.code == "programMissing"


async def test_secrets_appear_neither_in_the_command_nor_in_its_errors() -> None:
    program = python("import sys; print(sys.argv[1], file=sys.stderr); sys.exit(1)", "hunter2", secrets=("hunter2",))
    assert "hunter2" not in program.shown
    with pytest.raises(ProgramFailed) as caught:
        await run(program)
    assert "hunter2" not in str(caught.value) + caught.value.stderr


async def test_too_much_output_ends_the_program() -> None:
    endless = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    with pytest.raises(ProgramLimitExceeded):
        await run(python(endless, output_limit=1_000_000))


async def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(ProgramLimitExceeded):
        await run(python("import time; time.sleep(600)", timeout=0.1))


# Parent and grandchild both hold the pipe open; a reader sees its end only when both are gone.
FAMILY = """
import os, sys, time
pipe = os.open(sys.argv[1], os.O_WRONLY)
os.fork()
os.write(pipe, b'x')
time.sleep(600)
"""


async def test_stopping_ends_grandchildren_too(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    child = await start(python(FAMILY, str(fifo)))
    pipe = await asyncio.to_thread(os.open, fifo, os.O_RDONLY)
    said = b""
    while len(said) < 2:
        said += await asyncio.to_thread(os.read, pipe, 2)
    await stop(child)
    assert await asyncio.to_thread(os.read, pipe, 1) == b""
    os.close(pipe)


async def test_cancelling_ends_the_program() -> None:
    child = await start(python("print('up', flush=True); import time; time.sleep(600)"))
    assert child.stdout is not None
    assert await child.stdout.readline() == b"up\n"
    await stop(child)
    assert child.returncode is not None


async def test_a_child_may_end_by_itself_within_its_grace() -> None:
    polite = (
        "import signal, sys, time\nsignal.signal(15, lambda *_: sys.exit(7))\nprint('up', flush=True)\ntime.sleep(600)"
    )
    child = await start(python(polite))
    assert child.stdout is not None
    await child.stdout.readline()
    await stop(child, grace=30)
    assert child.returncode == 7


@pytest.fixture
def watcher_of_later_pythons() -> Iterator[None]:
    """Collect children in the loop, as Python does from 3.12 on: what the loop has not seen cannot be collected yet."""
    if sys.version_info >= (3, 12):
        yield
        return
    before = asyncio.get_child_watcher()
    asyncio.set_child_watcher(asyncio.PidfdChildWatcher())
    yield
    asyncio.set_child_watcher(before)


@pytest.mark.usefixtures("watcher_of_later_pythons")
async def test_the_exit_code_of_a_child_that_has_just_ended_is_not_lost(caplog: pytest.LogCaptureFixture) -> None:
    child = await start(python("import time; time.sleep(600)"))
    os.kill(child.pid, 15)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222 - the loop shall not see it end
    await stop(child)
    assert child.returncode == -15
    assert not caplog.records


def test_a_daemon_leads_its_own_session_and_writes_to_its_log(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        pid = start_daemon(python("import os; print(os.getsid(0) == os.getpid())"), log=log)
    os.waitpid(pid, 0)
    assert (tmp_path / "log").read_bytes() == b"True\n"


def test_a_daemon_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log, pytest.raises(ProgramMissing):
        start_daemon(Program(("/nowhere/tool",)), log=log)


def test_programs_are_found_on_the_given_path_only(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    assert locate("tool", search_path=str(tmp_path)) == tool
    assert locate("tool", search_path="/nowhere") is None


async def test_stopping_does_not_wait_for_output_that_nobody_reads() -> None:
    child = await start(python("import sys\nwhile True: sys.stdout.write('x' * 65536)"))
    assert child.stdout is not None
    await child.stdout.readexactly(1)
    for _ in range(1000):  # turns of the loop, until our buffers are full and reading pauses
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await stop(child)
    assert child.returncode is not None
