"""The one reader of archives, and the one writer.

Archives come from strangers. Python's `tarfile` and its extraction filters were bypassed again and again
(CVE-2025-4517, CVE-2025-4330, CVE-2025-8194, CVE-2026-11940), so nothing of it reads here: this module understands
plain tar (ustar, the `path` and `size` records of pax, long names of GNU) with regular files and directories, and
refuses the whole archive for anything else. Contents are returned as values; nothing is ever unpacked to disk by name.

Laws: one bad entry refuses the whole archive; every limit stops the reading, not merely the result.
"""

from __future__ import annotations

import io
import re
import tarfile  # noqa: TID251 - only its writer is used
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fairlead.domain.errors import InputError, Problem

BLOCK = 512
GZIP_MAGIC = b"\x1f\x8b"
GZIP_BYTE_LIMIT_FREE = 4 * 1024 * 1024  # below this size no ratio is suspicious

_REGULAR = (b"0", b"\0", b"7")
_MAX_NAME = 4096
_OCTAL = re.compile(rb"[0-7]*")
_DECIMAL = re.compile(rb"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold. Sizes are bytes, `ratio` is unpacked over packed, `depth` counts folders."""

    total: int = 100 * 1024 * 1024
    file: int = 16 * 1024 * 1024
    entries: int = 20_000
    ratio: int = 200
    depth: int = 32


DEFAULT_LIMITS = Limits()


class ArchiveRefused(InputError):
    """The archive is broken, too large, or holds what no honest archive of ours holds."""


def read_tar(data: bytes, *, name: str, limits: Limits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """Return the regular files of a tar or gzipped tar by their paths.

    Args:
        data: the archive.
        name: what to call it in errors.
        limits: what it may hold.

    Raises:
        ArchiveRefused: with code `archiveRefused`.
    """
    try:
        return _Reader(_unpacked(data, limits), limits).files()
    except _BadArchiveError as bad:
        raise ArchiveRefused(
            Problem(
                code="archiveRefused",
                message=f"{name}: {bad}",
                remedy="fetch or pack the archive again; it must hold plain files and folders only",
            )
        ) from None


def write_tar(files: Mapping[str, bytes]) -> bytes:
    """Return a gzipped tar of the files, the same bytes for the same files on any machine.

    The gzip stream is stored, not compressed: what it unpacks to must not depend on the version of zlib.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size = len(files[path])
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(files[path]))
    return _stored_gzip(packed.getvalue())


def tar_front(path: str, content: bytes) -> bytes:
    """Return what adds a file to a gzipped tar when it is put before its bytes: the two are one archive then."""
    entry = tarfile.TarInfo(path)
    entry.size = len(content)
    entry.mode = 0o644
    return _stored_gzip(entry.tobuf(tarfile.PAX_FORMAT) + content + bytes(-len(content) % BLOCK))


def _stored_gzip(data: bytes) -> bytes:
    pieces = [data[start : start + 0xFFFF] for start in range(0, len(data), 0xFFFF)] or [b""]
    out = [GZIP_MAGIC + b"\x08" + bytes(6) + b"\xff"]
    for index, piece in enumerate(pieces):
        final = index == len(pieces) - 1
        size = len(piece)
        out.append(bytes([final]) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + piece)
    out.append(zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little"))
    return b"".join(out)


class _BadArchiveError(Exception):
    """What is wrong, without the name of the archive."""


def _unpacked(data: bytes, limits: Limits) -> bytes:
    if not data.startswith(GZIP_MAGIC):
        if len(data) > limits.total:
            raise _BadArchiveError(f"holds more than {limits.total} bytes")
        return data
    out: list[bytes] = []
    size = 0
    for piece in _gunzip(data):
        size += len(piece)
        if size > limits.total:
            raise _BadArchiveError(f"unpacks to more than {limits.total} bytes")
        if size > GZIP_BYTE_LIMIT_FREE and size > limits.ratio * len(data):
            raise _BadArchiveError(f"unpacks to more than {limits.ratio} times its size")
        out.append(piece)
    return b"".join(out)


def _gunzip(data: bytes) -> Iterator[bytes]:
    while data:
        stream = zlib.decompressobj(wbits=31)
        while not stream.eof:
            try:
                piece = stream.decompress(data, 1 << 16)
            except zlib.error:
                raise _BadArchiveError("its gzip data is damaged") from None
            data = stream.unconsumed_tail or stream.unused_data
            if not piece and not data and not stream.eof:
                raise _BadArchiveError("its gzip data ends too early")
            yield piece
        if data.strip(b"\0") == b"":
            return


@dataclass(slots=True)
class _Reader:
    """Walks the blocks of one tar."""

    data: bytes
    limits: Limits
    at: int = 0
    entries: int = 0

    def files(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        seen: dict[str, str] = {}
        for path, kind, body in self._members():
            clean = self._checked(path)
            if not clean:
                continue
            twin = seen.setdefault(clean.casefold(), clean)
            if kind == b"5":
                if clean in found:
                    raise _BadArchiveError(f"holds {clean!r} as a file and as a folder")
                continue
            if clean in found or twin != clean:
                raise _BadArchiveError(f"holds {clean!r} twice" if twin == clean else f"holds {twin!r} and {clean!r}")
            found[clean] = body
        for path in found:
            self._no_file_above(path, found)
        return found

    def _members(self) -> Iterator[tuple[str, bytes, bytes]]:
        extra: dict[str, str] = {}
        while (header := self._take(BLOCK)).strip(b"\0"):
            kind, size = self._opened(header, extra)
            body = self._take(size)
            self.at += -size % BLOCK
            if kind == b"x":
                extra = {**extra, **_pax(body)}
            elif kind == b"L":
                extra = {**extra, "path": _text(body.rstrip(b"\0"))}
            elif kind != b"g":  # what a global header may say (a comment, usually) changes nothing here
                yield extra.get("path") or _ustar_name(header), kind, body
                extra = {}

    def _opened(self, header: bytes, extra: Mapping[str, str]) -> tuple[bytes, int]:
        self.entries += 1
        if self.entries > self.limits.entries:
            raise _BadArchiveError(f"holds more than {self.limits.entries} entries")
        if _number(header[148:156]) != sum(header[:148]) + 8 * 32 + sum(header[156:]):
            raise _BadArchiveError("a header is damaged")
        kind = header[156:157]
        if kind not in (*_REGULAR, b"5", b"x", b"g", b"L"):
            raise _BadArchiveError(f"holds {_ustar_name(header)!r}, which is a link, a device or something unknown")
        if kind in (*_REGULAR, b"5") and _number(header[100:108]) & 0o6000:
            raise _BadArchiveError(f"{_ustar_name(header)!r} asks for setuid or setgid")
        if any(key.startswith("GNU.sparse") for key in extra):
            raise _BadArchiveError("holds a sparse file")
        size = int(extra["size"]) if "size" in extra and kind in _REGULAR else _number(header[124:136])
        if kind == b"5":
            size = 0
        if size > self.limits.file:
            raise _BadArchiveError(f"{_ustar_name(header)!r} is larger than {self.limits.file} bytes")
        return kind, size

    def _take(self, size: int) -> bytes:
        if self.at == len(self.data) and self.entries and size == BLOCK:
            return b""  # some writers leave out the two empty blocks at the end
        piece = self.data[self.at : self.at + size]
        if len(piece) != size:
            raise _BadArchiveError("ends too early, or is no tar archive")
        self.at += size
        return piece

    def _checked(self, path: str) -> str:
        if path.startswith("/") or "\\" in path or path[1:2] == ":" or len(path) > _MAX_NAME:
            raise _BadArchiveError(f"the path {path[:200]!r} is absolute, too long or for another system")
        if any(ord(char) < 32 or ord(char) == 127 for char in path):
            raise _BadArchiveError(f"the path {path[:200]!r} holds control characters")
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise _BadArchiveError(f"the path {path[:200]!r} leads out of the archive")
        if len(parts) > self.limits.depth:
            raise _BadArchiveError(f"the path {path[:200]!r} is nested too deeply")
        return "/".join(parts)

    @staticmethod
    def _no_file_above(path: str, found: Mapping[str, bytes]) -> None:
        head = path
        while head := head.rpartition("/")[0]:
            if head in found:
                raise _BadArchiveError(f"holds {head!r} as a file and as a folder")


def _number(field: bytes) -> int:
    text = field.strip(b"\0 ")
    if not _OCTAL.fullmatch(text):
        raise _BadArchiveError("a header holds a number that is none")
    return int(text or b"0", 8)


def _pax(body: bytes) -> dict[str, str]:
    records: dict[str, str] = {}
    while body:
        length, _, _ = body.partition(b" ")
        if not _DECIMAL.fullmatch(length) or not len(length) < int(length) <= len(body):
            raise _BadArchiveError("an extended header is damaged")
        record, body = body[: int(length)], body[int(length) :]
        key, found, value = record[len(length) + 1 : -1].partition(b"=")
        if not found or (key == b"size" and not _DECIMAL.fullmatch(value)):
            raise _BadArchiveError("an extended header is damaged")
        records[_text(key)] = _text(value) if key in (b"path", b"size") else ""
    return records


def _ustar_name(header: bytes) -> str:
    name = _text(header[:100].split(b"\0", 1)[0])
    prefix = _text(header[345:500].split(b"\0", 1)[0]) if header[257:262] == b"ustar" else ""
    # GNU keeps times where POSIX keeps the prefix.
    return f"{prefix}/{name}" if prefix and header[257:264] != b"ustar  " else name


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise _BadArchiveError("holds a name that is not UTF-8") from None
