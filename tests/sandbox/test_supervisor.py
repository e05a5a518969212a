"""The supervisor: gates, restarts, reports, the end."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest

from fairlead.sandbox.places import Places
from fairlead.sandbox.processes import find_marked
from fairlead.sandbox.supervision import Gate, ProcessReport, ProcessSpec, read_report, write_value
from fairlead.sandbox.supervisor import supervise, wait_for_gate
from fairlead.sandbox.waiting import holds
from tests.sandbox.programs import script

ENV = {"PATH": os.defpath}


class Supervised:
    """A supervisor that runs for the length of a block."""

    def __init__(self, folder: Path, *table: ProcessSpec) -> None:
        self.places = Places(folder)
        self.places.logs.mkdir()
        write_value(self.places.processes, table)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(supervise(self.places, ENV))
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def when(self, name: str, **wanted: object) -> ProcessReport:
        async def reported() -> bool:
            report = read_report(self.places, name)
            return all(getattr(report, key) == value for key, value in wanted.items())

        async with asyncio.timeout(15):
            await holds(reported)
        return read_report(self.places, name)


async def test_a_process_that_ends_is_started_again_and_reported(tmp_path: Path) -> None:
    program = script(tmp_path / "program", "echo again; exit 7")
    async with Supervised(tmp_path, ProcessSpec("short", (str(program),))) as supervised:
        report = await supervised.when("short", restarts=1)
        assert report.last_exit == 7
    assert supervised.places.log("short").read_text().startswith("again\nagain\n")


async def test_all_end_with_their_supervisor_and_carry_the_mark(tmp_path: Path) -> None:
    program = script(tmp_path / "program", f"trap '' TERM; echo up; exec 3<>{tmp_path}/pipe; read line <&3")
    os.mkfifo(tmp_path / "pipe")
    async with Supervised(tmp_path, ProcessSpec("long", (str(program),))) as supervised:

        async def running() -> bool:
            return read_report(supervised.places, "long").process is not None

        async with asyncio.timeout(15):
            await holds(running)
        assert read_report(supervised.places, "long").process in list(find_marked(tmp_path))
    assert list(find_marked(tmp_path)) == []


async def test_a_process_waits_for_its_gate(tmp_path: Path) -> None:
    gate = Gate(path=str(tmp_path / "socket"))
    table = (
        ProcessSpec("second", (str(script(tmp_path / "b", "test -e socket")),), after=gate),
        ProcessSpec("first", (str(script(tmp_path / "a", "touch socket; exit 3")),)),
    )
    async with Supervised(tmp_path, *table) as supervised:
        assert (await supervised.when("first", last_exit=3)).last_exit == 3
        assert (await supervised.when("second", last_exit=0)).last_exit == 0


async def test_a_program_that_is_missing_ends_the_supervisor(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.logs.mkdir()
    write_value(places.processes, (ProcessSpec("none", ("/no/such/program",)),))
    with pytest.raises(ExceptionGroup):
        await supervise(places, ENV)


async def test_a_port_opens_a_gate_when_it_accepts() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, asyncio.timeout(30):
        await wait_for_gate(Gate(address="127.0.0.1", port=port))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await wait_for_gate(Gate(address="127.0.0.1", port=port))


async def test_an_empty_gate_is_open() -> None:
    async with asyncio.timeout(30):
        await wait_for_gate(Gate())
