"""Files are written whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from fairlead.doors.replacing import replace_file


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_file_gets_content_and_mode(tmp_path: Path, *, mode: int, durable: bool) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    replace_file(file, b"new", mode=mode, durable=durable)
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"new", mode)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_who_has_it_open_reads_on_in_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with file.open() as before:
        replace_file(file, b"new")
        assert before.read() == "old"


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "in the way").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "in the way", b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["in the way"]
