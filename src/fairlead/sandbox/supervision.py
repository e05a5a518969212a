"""What the supervisor is told and what it tells, as values and files.

`up` writes a table of processes; the supervisor runs them and writes a report about each, which `status` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from fairlead.doors.replacing import replace_file
from fairlead.sandbox.places import Places
from fairlead.sandbox.spec import ProcessId

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gate:
    """What must be there before a process starts: a file, or a port that accepts. Empty: nothing."""

    path: str = ""
    address: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A process to keep running. `cluster` 0 means that it serves the whole sandbox."""

    name: str
    argv: tuple[str, ...]
    cluster: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    after: Gate = field(default_factory=Gate)


@dataclass(frozen=True, slots=True)
class ProcessReport:
    """What became of a process: `process` is None while it does not run, `last_exit` how it ended last."""

    name: str
    process: ProcessId | None = None
    restarts: int = 0
    last_exit: int | None = None


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(path, data)


def write_value(path: Path, value: object) -> None:
    """Write a value as JSON."""
    write_private(path, msgspec.json.format(msgspec.json.encode(value)))


def read_value(path: Path, kind: type[T]) -> T | None:
    """Read a value, or None when there is no such file."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    return msgspec.json.decode(data, type=kind)


def read_table(places: Places) -> tuple[ProcessSpec, ...]:
    """What the supervisor shall run."""
    return read_value(places.processes, tuple[ProcessSpec, ...]) or ()


def read_report(places: Places, name: str) -> ProcessReport:
    """What the supervisor says about one process."""
    return read_value(places.run / f"{name}.json", ProcessReport) or ProcessReport(name)


def write_report(places: Places, report: ProcessReport) -> None:
    """Say something about one process."""
    write_value(places.run / f"{report.name}.json", report)
