"""What SQLite asks of the disk, recorded; and the disks that a crash at any point may leave behind.

The recording sits in SQLite's own layer below it, the VFS (sqlite.org/vfs.html), of the very library that Python's
`sqlite3` uses: the file methods of the machine's VFS are wrapped through ctypes, so nothing is compiled, nothing is
emulated, and the code under test does not know. Structures and their order are SQLite's stable C interface.

What a crash leaves: of each file all that was written before its last sync, and of what was written since then
everything, nothing, or any part of it, torn between sectors. A deletion without a sync of the directory may not have
happened; SQLite asks for one with some deletions, and makes one itself with the first sync of a journal or log that it
has made (`UNIXFILE_DIRSYNC` in os_unix.c). Memory shared between processes (`-shm`) is gone.
"""

from __future__ import annotations

import _sqlite3
import ctypes
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

SECTOR = 512
_CREATE, _JOURNALS = 0x4, 0x800 | 0x4000 | 0x80000  # SQLITE_OPEN_CREATE; _MAIN_JOURNAL, _SUPER_JOURNAL and _WAL
_FULL = 13  # SQLITE_FULL
_POINTER = ctypes.c_void_p
_INT, _LONG = ctypes.c_int, ctypes.c_int64
_OPEN = ctypes.CFUNCTYPE(_INT, _POINTER, _POINTER, _POINTER, _INT, _POINTER)
_DELETE = ctypes.CFUNCTYPE(_INT, _POINTER, _POINTER, _INT)
_WRITE = ctypes.CFUNCTYPE(_INT, _POINTER, _POINTER, _INT, _LONG)
_TRUNCATE = ctypes.CFUNCTYPE(_INT, _POINTER, _LONG)
_SYNC = ctypes.CFUNCTYPE(_INT, _POINTER, _INT)


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs`, version 3."""

    _fields_ = (
        ("iVersion", _INT),
        ("szOsFile", _INT),
        ("mxPathname", _INT),
        ("pNext", _POINTER),
        ("zName", ctypes.c_char_p),
        ("pAppData", _POINTER),
        ("xOpen", _OPEN),
        ("xDelete", _DELETE),
        ("others", _POINTER * 14),
    )


class _Methods(ctypes.Structure):
    """`sqlite3_io_methods`, version 3."""

    _fields_ = (
        ("iVersion", _INT),
        ("xClose", _POINTER),
        ("xRead", _POINTER),
        ("xWrite", _WRITE),
        ("xTruncate", _TRUNCATE),
        ("xSync", _SYNC),
        ("others", _POINTER * 13),
    )


@dataclass(frozen=True, slots=True)
class Op:
    """One thing asked of the disk. `data` None truncates to `offset`."""

    file: str
    offset: int
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Sync:
    """All that was written to a file before is on disk, and perhaps what was made and deleted in the directory."""

    file: str
    with_directory: bool


@dataclass(frozen=True, slots=True)
class Deletion:
    """A file was deleted; `is_synced`: and will not come back."""

    file: str
    is_synced: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody was told that this is done."""

    what: str


Step = Op | Sync | Deletion | Answered


@dataclass(slots=True)
class Recording:
    """What happened, in order, since the recording began."""

    steps: list[Step] = field(default_factory=list)

    def answered(self, what: str) -> None:
        """Note that somebody was told so."""
        self.steps.append(Answered(what))


@dataclass(frozen=True, slots=True)
class Disk:
    """What a crash left behind: the files, and what had been answered before it."""

    step: int
    kind: str
    files: Mapping[str, bytes]
    answered: frozenset[str]

    def put(self, directory: Path) -> None:
        """Write the files, and remove all others."""
        for each in directory.iterdir():
            each.unlink()
        for name, content in self.files.items():
            (directory / name).write_bytes(content)


@contextmanager
def recorded(directory: Path, *, full: Container[int] = ()) -> Iterator[Recording]:
    """Record what every connection opened meanwhile does to the files of a directory. All must be closed in it.

    `full`: at which writes, counted from 0, the disk has no space.
    """
    recording = Recording()
    shim = _Shim(directory, recording, full)
    shim.begin()
    try:
        yield recording
    finally:
        shim.end()


class _Shim:
    """The machine's VFS with recording methods in front. It is kept alive by whoever holds it."""

    def __init__(self, directory: Path, recording: Recording, full: Container[int]) -> None:
        self._full = full
        self._writes = count()
        self._library = ctypes.CDLL(_sqlite3.__file__)
        self._library.sqlite3_vfs_find.restype = _POINTER
        self._directory = f"{directory}/"
        self._steps = recording.steps
        self._names: dict[int, str] = {}
        self._made: set[int] = set()
        self._methods: dict[int, tuple[_Methods, _Methods]] = {}
        self._below = _Vfs.from_address(self._library.sqlite3_vfs_find(None))
        self._vfs = _Vfs()
        ctypes.pointer(self._vfs)[0] = self._below
        self._vfs.zName = b"recording"
        self._vfs.xOpen, self._vfs.xDelete = _OPEN(self._open), _DELETE(self._delete)

    def begin(self) -> None:
        assert self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1) == 0

    def end(self) -> None:
        assert self._library.sqlite3_vfs_unregister(ctypes.byref(self._vfs)) == 0
        assert self._library.sqlite3_vfs_register(ctypes.byref(self._below), 1) == 0

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        result: int = self._below.xOpen(vfs, name, file, flags, out)
        path = ctypes.string_at(name).decode() if name else ""
        slot = _POINTER.from_address(file)
        if result == 0 and slot.value and path.startswith(self._directory):
            self._names[file] = path.removeprefix(self._directory)
            if flags & _CREATE and flags & _JOURNALS:
                self._made.add(file)
            slot.value = ctypes.addressof(self._wrapped(slot.value))
        return result

    def _wrapped(self, address: int) -> _Methods:
        if address not in self._methods:
            below, mine = _Methods.from_address(address), _Methods()
            ctypes.pointer(mine)[0] = below
            mine.xWrite, mine.xTruncate, mine.xSync = self._recorders(below)
            self._methods[address] = below, mine
        return self._methods[address][1]

    def _recorders(self, below: _Methods) -> tuple[Any, Any, Any]:
        def write(file: int, data: int, amount: int, offset: int) -> int:
            if next(self._writes) in self._full:
                return _FULL
            self._steps.append(Op(self._names[file], offset, ctypes.string_at(data, amount)))
            return int(below.xWrite(file, data, amount, offset))

        def truncate(file: int, size: int) -> int:
            self._steps.append(Op(self._names[file], size, None))
            return int(below.xTruncate(file, size))

        def sync(file: int, flags: int) -> int:
            result = int(below.xSync(file, flags))
            self._steps.append(Sync(self._names[file], file in self._made))
            self._made.discard(file)
            return result

        return _WRITE(write), _TRUNCATE(truncate), _SYNC(sync)

    def _delete(self, vfs: int, name: int, sync: int) -> int:
        path = ctypes.string_at(name).decode()
        if path.startswith(self._directory):
            self._steps.append(Deletion(path.removeprefix(self._directory), bool(sync)))
        return int(self._below.xDelete(vfs, name, sync))


@dataclass(slots=True)
class _Model:
    """The files as processes see them, as a crash surely leaves them, and what lies between."""

    seen: dict[str, bytearray] = field(default_factory=dict)
    safe: dict[str, bytes] = field(default_factory=dict)
    pending: dict[str, list[Op]] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def take(self, step: Step) -> None:
        match step:
            case Op(file=file):
                _apply(self.seen.setdefault(file, bytearray()), step)
                self.pending.setdefault(file, []).append(step)
            case Sync(file=file, with_directory=with_directory):
                if with_directory:
                    self.safe = {name: content for name, content in self.safe.items() if name in self.seen}
                self.safe[file] = bytes(self.seen.setdefault(file, bytearray()))
                self.pending[file] = []
            case Deletion(file=file, is_synced=is_synced):
                self.seen.pop(file, None)
                self.pending.pop(file, None)
                if is_synced:
                    self.safe.pop(file, None)
            case Answered(what=what):
                self.answered.add(what)

    def part(self, random: Random) -> dict[str, bytes]:
        files = {name: bytearray(content) for name, content in self.safe.items()}
        for name, ops in self.pending.items():
            for op in ops:
                if random.random() < 0.5:
                    _apply(files.setdefault(name, bytearray()), _torn(op, random))
        return {name: bytes(content) for name, content in files.items()}


def disks(steps: Sequence[Step], random: Random, *, parts: int = 2) -> Iterator[Disk]:
    """Return what a crash after each step may leave: all that was asked for, only what is safe, and some parts."""
    model = _Model()
    for number, step in enumerate(steps):
        if isinstance(step, Sync):  # just before it, most is uncertain
            answered = frozenset(model.answered)
            yield Disk(number, "safe", dict(model.safe), answered)
            for _ in range(parts):
                yield Disk(number, "part", model.part(random), answered)
        model.take(step)
        seen = {name: bytes(content) for name, content in model.seen.items()}
        answered = frozenset(model.answered)
        yield Disk(number, "all", seen, answered)
        if isinstance(step, Answered):
            yield Disk(number, "safe", dict(model.safe), answered)
            yield Disk(number, "part", model.part(random), answered)


def _apply(content: bytearray, op: Op) -> None:
    if op.data is None:
        del content[op.offset :]
        return
    content.extend(bytes(max(0, op.offset - len(content))))
    content[op.offset : op.offset + len(op.data)] = op.data


def _torn(op: Op, random: Random) -> Op:
    if op.data is None or len(op.data) <= SECTOR or random.random() < 0.5:
        return op
    sectors = len(op.data) // SECTOR
    begin = random.randrange(sectors)
    end = random.randrange(begin, sectors) + 1
    return Op(op.file, op.offset + begin * SECTOR, op.data[begin * SECTOR : end * SECTOR])
