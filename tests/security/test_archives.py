"""S17, S18, S19: archives that would write elsewhere, slip through the standard library's filter, or never end."""

from __future__ import annotations

import gzip
import tarfile  # noqa: TID251 - to make what the door must refuse
import tracemalloc
import zlib
from pathlib import Path

import pytest

from fairlead.doors.archives import ArchiveRefused, Limits, read_tar
from tests.fakes.tars import entry, tar

LINK = tarfile.SYMTYPE

HOSTILE = {
    "climbs": [entry("../x")],
    "climbs later": [entry("a/../../x")],
    "climbs in place": [entry("a/../b")],
    "absolute": [entry("/x")],
    "absolute twice": [entry("//x")],
    "drive": [entry("C:\\x")],
    "drive with slash": [entry("C:/x")],
    "backslash": [entry("a\\..\\x")],
    "newline": [entry("a\nb")],
    "delete": [entry("a\x7fb")],
    "symlink": [entry("a", kind=LINK, linkname="/etc")],
    "symlink and a file through it": [entry("a", kind=LINK, linkname="/tmp"), entry("a/x")],
    "hard link": [entry("a"), entry("b", kind=tarfile.LNKTYPE, linkname="a")],
    "hard link to a link": [entry("a", kind=LINK, linkname="/"), entry("b", kind=tarfile.LNKTYPE, linkname="a")],
    "character device": [entry("a", kind=tarfile.CHRTYPE)],
    "block device": [entry("a", kind=tarfile.BLKTYPE)],
    "pipe": [entry("a", kind=tarfile.FIFOTYPE)],
    "sparse": [entry("a", kind=tarfile.GNUTYPE_SPARSE)],
    "unknown": [entry("a", kind=b"Z")],
    "setuid": [entry("a", mode=0o4755)],
    "setgid": [entry("a", mode=0o2755)],
    "setuid folder": [entry("a", kind=tarfile.DIRTYPE, mode=0o4755)],
    "twice": [entry("a", b"1"), entry("a", b"2")],
    "twice, spelled otherwise": [entry("a/b"), entry("a//./b")],
    "case twin": [entry("README"), entry("readme")],
    "case twin folder": [entry("Docs/", kind=tarfile.DIRTYPE), entry("docs")],
    "unicode case twin": [entry("straße"), entry("STRASSE")],
    "file below a file": [entry("a"), entry("a/b")],
    "folder over a file": [entry("a"), entry("a/", kind=tarfile.DIRTYPE)],
    "deep": [entry("/".join(["d"] * 40))],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_one_bad_entry_refuses_the_whole_archive(name: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        with pytest.raises(ArchiveRefused) as caught:
            read_tar(tar([entry("good"), *HOSTILE[name], entry("also-good")], form=form), name="hostile.tgz")
        assert caught.value.exit_code == 2
    assert sorted(tmp_path.rglob("*")) == before


def pax(records: dict[str, str]) -> bytes:
    """An entry whose extended header says one thing and whose plain header another."""
    info, content = entry("innocent", b"body")
    info.pax_headers = records
    return tar([(info, content)])


@pytest.mark.parametrize(
    "records",
    [
        {"path": "../x"},
        {"path": "/etc/x"},
        {"path": "a\0b"},
        {"path": "x\ny"},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "../x"},
    ],
)
def test_extended_headers_get_nothing_past(records: dict[str, str]) -> None:
    with pytest.raises(ArchiveRefused):
        read_tar(pax(records), name="hostile.tgz")


@pytest.mark.parametrize(
    "record",
    [
        b"13 size=-512\n",
        b"19 size=99999999999\n",
        b"12 size=1_0\n",
        b"99 path=x\n",
        b"0 path=x\n",
        b"x path=x\n",
        b"9 nothing\n",
        b"9" * 5000 + b" path=x\n",
        b"10 path=\xff\n",
    ],
)
def test_broken_extended_headers_are_refused_at_once(record: bytes) -> None:
    # A negative size once sent Python's own reader into an endless loop (CVE-2025-8194).
    header = bytearray(tarfile.TarInfo("x").tobuf())
    info = tarfile.TarInfo("PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, len(record)
    body = record + b"\0" * (-len(record) % 512)
    with pytest.raises(ArchiveRefused):
        read_tar(info.tobuf() + body + bytes(header) + b"\0" * 1024, name="hostile.tar")


@pytest.mark.parametrize("size", [b"-0000000001\0", b"0o000000017\0", b"00000_00017\0", b"\x80" + b"\xff" * 11])
def test_numbers_that_are_none_are_refused(size: bytes) -> None:
    header = bytearray(tarfile.TarInfo("x").tobuf())
    header[124:136] = size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    with pytest.raises(ArchiveRefused):
        read_tar(bytes(header) + b"\0" * 1024, name="hostile.tar")


def zeros(size: int) -> bytes:
    """A gzipped tar of one file of zeros, made without ever holding it."""
    info = tarfile.TarInfo("zeros")
    info.size = size
    packer = zlib.compressobj(9, wbits=31)
    pieces = [packer.compress(info.tobuf())]
    pieces += [packer.compress(bytes(1 << 16)) for _ in range(size >> 16)]
    return b"".join(pieces) + packer.flush()


@pytest.mark.parametrize("limits", [Limits(), Limits(ratio=10_000), Limits(ratio=10_000, total=10 << 20)])
def test_bombs_stop_at_their_limits_and_cost_little_memory(limits: Limits) -> None:
    bomb = zeros(200 << 20)
    assert len(bomb) < 300_000
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveRefused):
            read_tar(bomb, name="bomb.tgz", limits=limits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < (64 << 20) if limits.ratio < 10_000 else peak <= limits.total + (1 << 20)


def test_a_million_empty_files_are_refused() -> None:
    many = b"".join(tarfile.TarInfo(f"f{index}").tobuf() for index in range(20_001))
    with pytest.raises(ArchiveRefused):
        read_tar(gzip.compress(many, 1), name="many.tgz", limits=Limits(ratio=10_000))


def test_archives_within_archives_stay_packed() -> None:
    inner = gzip.compress(b"\0" * (50 << 20), 9)
    assert read_tar(tar([entry("inner.gz", inner)]), name="outer.tgz") == {"inner.gz": inner}
