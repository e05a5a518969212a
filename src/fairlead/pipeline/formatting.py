"""Brings hand-written files into normal form, and proves that what they mean has not changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairlead.domain.editing.formatting import formatted
from fairlead.domain.errors import InputError, Problem
from fairlead.doors.paths import Paths
from fairlead.doors.yaml import read_manifests
from fairlead.doors.yaml_spans import read_all_spans

_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file as it was and as it shall be."""

    paths: Paths
    file: str
    before: bytes
    after: bytes

    @property
    def changed(self) -> bool:
        """Whether it was not in normal form."""
        return self.before != self.after

    def write(self) -> None:
        """Write the normal form, if that is another one."""
        if self.changed:
            self.paths.write(self.file, self.after, before=self.before)


def format_file(path: Path) -> Formatted:
    """Return a file with its normal form; nothing is written.

    Raises:
        InputError: it is no YAML, or no layout of ours could keep its meaning (`layoutUnclear`).
    """
    paths = Paths.of(path)
    file = paths.relative(path)
    before = paths.read(file)
    meaning = read_manifests(before, file, duplicates=True)
    mark = _MARK if before.startswith(_MARK) else b""
    text = before.decode("utf-8-sig")
    after = mark + formatted(text, read_all_spans(text.replace("\r\n", "\n"))).encode()
    if [value for value, _ in meaning] != [value for value, _ in _again(after, file)]:
        message = "its layout cannot be changed without changing what it means"
        raise InputError(Problem("layoutUnclear", message, file, remedy="indent it by hand; nothing was written"))
    return Formatted(paths, file, before, after)


def _again(content: bytes, file: str) -> tuple[tuple[object, int], ...]:
    try:
        return read_manifests(content, file, duplicates=True)
    except InputError:
        return ((InputError, 0),)
