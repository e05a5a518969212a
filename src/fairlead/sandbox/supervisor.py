"""The process that keeps all others of a sandbox running: `python -m fairlead.sandbox.supervisor FOLDER`.

It starts each process when its gate is open, starts it again when it ends, and reports. It ends them all when it is
asked to end. Should it be killed, the others run on, and `down` finds them by their reports and marks.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from fairlead.doors.process import Program, start_logged, stop
from fairlead.sandbox.places import Places
from fairlead.sandbox.processes import MARK, identify
from fairlead.sandbox.supervision import Gate, ProcessReport, ProcessSpec, read_table, write_report
from fairlead.sandbox.waiting import holds
from fairlead.settings import Settings

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
# A process that ran this long was well; what ends it is a new trouble.
_SETTLED_SECONDS = 30.0


async def supervise(places: Places, environ: dict[str, str]) -> None:
    """Run the processes of a sandbox until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        for spec in read_table(places):
            env = {**environ, **spec.env, MARK: str(places.root)}
            tasks.create_task(_keep(spec, places, env), name=spec.name)


async def _keep(spec: ProcessSpec, places: Places, env: dict[str, str]) -> None:
    clock = asyncio.get_running_loop()
    report, pause = ProcessReport(spec.name), _FIRST_PAUSE
    write_report(places, report)
    while True:
        await wait_for_gate(spec.after)
        began = clock.time()
        report = await _run_once(spec, places, env, report)
        write_report(places, report)
        pause = _FIRST_PAUSE if clock.time() - began > _SETTLED_SECONDS else min(pause * 2, _LONGEST_PAUSE)
        await asyncio.sleep(pause)
        report = replace(report, restarts=report.restarts + 1)


async def _run_once(spec: ProcessSpec, places: Places, env: dict[str, str], report: ProcessReport) -> ProcessReport:
    with places.log(spec.name).open("ab") as log:
        child = await start_logged(Program(spec.argv, cwd=places.root, env=env), log=log)
    write_report(places, replace(report, process=identify(child.pid)))
    try:
        code = await child.wait()
    finally:
        await stop(child)
    return replace(report, process=None, last_exit=code)


async def wait_for_gate(gate: Gate) -> None:
    """Return when what a process needs is there."""

    async def opened() -> bool:
        return _present(gate.path) and await _accepts(gate.address, gate.port)

    await holds(opened)


def _present(path: str) -> bool:
    return not path or Path(path).exists()


async def _accepts(address: str, port: int) -> bool:
    if not port:
        return True
    try:
        _, writer = await asyncio.open_connection(address, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


async def _until_signal(work: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.ensure_future(work())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def main() -> None:
    """Supervise the sandbox whose folder is the first argument."""
    places = Places(Path(sys.argv[1]))
    environ = dict(Settings.from_environment().environ)
    asyncio.run(_until_signal(lambda: supervise(places, environ)))


if __name__ == "__main__":
    main()
