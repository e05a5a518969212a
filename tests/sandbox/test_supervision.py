"""What starter and supervisor tell each other through files."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.sandbox.places import Places
from fairlead.sandbox.spec import ProcessId, SandboxState
from fairlead.sandbox.supervision import (
    Gate,
    ProcessReport,
    ProcessSpec,
    read_report,
    read_table,
    read_value,
    write_report,
    write_value,
)
from tests.sandbox.clusters import STATE


def test_values_come_back_as_they_were_written(tmp_path: Path) -> None:
    places = Places(tmp_path)
    table = (ProcessSpec("etcd-1", ("/etcd", "--x"), 1, {"A": "b"}, Gate(address="127.0.0.1", port=1)),)
    report = ProcessReport("etcd-1", ProcessId(1, 2), restarts=3, last_exit=-9)
    write_value(places.processes, table)
    write_report(places, report)
    write_value(places.state, STATE)
    assert read_table(places) == table
    assert read_report(places, "etcd-1") == report
    assert read_value(places.state, SandboxState) == STATE


def test_what_was_never_written_is_empty(tmp_path: Path) -> None:
    places = Places(tmp_path)
    assert read_table(places) == ()
    assert read_report(places, "x") == ProcessReport("x")
    assert read_value(places.state, SandboxState) is None


def test_files_are_private_and_whole(tmp_path: Path) -> None:
    places = Places(tmp_path)
    write_value(places.state, STATE)
    assert places.state.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["sandbox.json"]


def test_what_is_not_ours_is_not_believed(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.state.write_text('{"name": 1}')
    with pytest.raises(ValueError, match="name"):
        read_value(places.state, SandboxState)
