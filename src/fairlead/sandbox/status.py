"""How a sandbox is: its state together with what its processes do now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairlead.domain.errors import Problem
from fairlead.sandbox.places import Places
from fairlead.sandbox.processes import alive
from fairlead.sandbox.spec import Phase, SandboxState
from fairlead.sandbox.supervision import ProcessReport, read_report, read_table

_LOG_TAIL = 15


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One process of a sandbox; `last_exit` is how it ended last, if ever."""

    name: str
    running: bool
    pid: int | None
    restarts: int
    last_exit: int | None
    log: Path


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """A sandbox and how it is: healthy when everything that shall run runs."""

    state: SandboxState
    kubeconfig: Path
    processes: tuple[ProcessStatus, ...]

    @property
    def healthy(self) -> bool:
        """Whether the sandbox came up and all its processes run."""
        return self.state.phase is Phase.READY and all(process.running for process in self.processes)


def describe(places: Places, state: SandboxState) -> SandboxStatus:
    """How the sandbox in that state is now."""
    reports = [read_report(places, spec.name) for spec in read_table(places)]
    reports += [ProcessReport(f"node-{cluster.index}", cluster.node) for cluster in state.clusters if cluster.node]
    reports.append(ProcessReport("supervisor", state.supervisor))
    found = tuple(_process(places, report) for report in reports)
    return SandboxStatus(state, places.kubeconfig, found)


def _process(places: Places, report: ProcessReport) -> ProcessStatus:
    running = alive(report.process)
    return ProcessStatus(
        report.name,
        running=running,
        pid=report.process.pid if report.process is not None and running else None,
        restarts=report.restarts,
        last_exit=report.last_exit,
        log=places.log(report.name),
    )


def log_tail(log: Path, lines: int) -> list[str]:
    """The last lines of a log; none when it was not written yet."""
    try:
        return log.read_text(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []


def culprits(places: Places) -> list[Problem]:
    """A problem for each process that has ended, with the last it said."""
    problems = []
    for spec in read_table(places):
        report = read_report(places, spec.name)
        if report.last_exit is not None:
            said = "\n".join(log_tail(places.log(spec.name), _LOG_TAIL))
            message = f"{spec.name} ended with exit code {report.last_exit}: {said}"
            problems.append(Problem(code="sandboxProcess", message=message))
    return problems
