"""Archives built entry by entry, honest and hostile."""

from __future__ import annotations

import gzip
import io
import tarfile  # noqa: TID251 - to make what the door must refuse
from collections.abc import Iterable


def entry(
    name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, **more: object
) -> tuple[tarfile.TarInfo, bytes]:
    """Return one entry of an archive; `more` are fields of its header."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = len(content) if kind == tarfile.REGTYPE else 0
    for field, value in more.items():
        setattr(info, field, value)
    return info, content


def tar(
    entries: Iterable[tuple[tarfile.TarInfo, bytes]], *, form: int = tarfile.PAX_FORMAT, packed: bool = True
) -> bytes:
    """Return an archive of the entries, gzipped unless said otherwise."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content) if info.type == tarfile.REGTYPE else None)
    return gzip.compress(out.getvalue(), mtime=0) if packed else out.getvalue()
