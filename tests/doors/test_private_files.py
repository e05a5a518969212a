"""Files for their owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from fairlead.domain.errors import InputError
from fairlead.doors import private_files
from fairlead.doors.private_files import read_private, require_writable, write_private


@pytest.fixture(params=["link", "dangling link", "directory", "pipe", "below a file", "below nothing", "too long"])
def unfit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A path where no private file can be."""
    path = tmp_path / "plan.json"
    match request.param:
        case "link":
            (tmp_path / "target").write_text("precious")
            path.symlink_to("target")
        case "dangling link":
            path.symlink_to("target")
        case "directory":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "below a file":
            path.write_text("")
            return path / "plan.json"
        case "below nothing":
            return tmp_path / "no" / "plan.json"
        case _:
            return tmp_path / ("x" * 300)
    return path


def test_what_is_written_is_read_and_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    for content in (b"first", b"second"):
        write_private(path, content)
        path.chmod(0o644)
        assert read_private(path) == content
    write_private(path, b"third")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_else_than_a_file_is_written_or_read(unfit: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    for use in (require_writable, read_private, lambda path: write_private(path, b"new")):
        with pytest.raises(InputError) as refusal:
            use(unfit)
        assert refusal.value.code == "fileRefused"
    assert sorted(tmp_path.iterdir()) == before
    assert not (tmp_path / "target").exists() or (tmp_path / "target").read_text() == "precious"


def test_a_file_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_files, "LARGEST_BYTES", 3)
    path = tmp_path / "plan.json"
    path.write_bytes(b"123")
    assert read_private(path) == b"123"
    path.write_bytes(b"1234")
    with pytest.raises(InputError):
        read_private(path)


def test_a_file_that_is_missing_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_private(tmp_path / "plan.json")
