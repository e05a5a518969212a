"""Packaged charts: one folder in a gzipped tar."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.adapters.charts.directory import CHART_LIMITS
from fairlead.domain.chart_files import ChartFiles
from fairlead.domain.errors import InputError, Problem
from fairlead.doors.archives import read_tar, write_tar

_DEEPEST = 8  # packages within packages


def pack_chart(files: ChartFiles) -> bytes:
    """Package a chart, the same bytes for the same files. Helm never looks at the name of the folder."""
    return write_tar({f"chart/{path}": content for path, content in files.items()})


def unpack_chart(data: bytes, *, name: str) -> dict[str, bytes]:
    """Return the files of a packaged chart, without the folder that every package holds them in.

    Raises:
        InputError: the archive is refused, or is no chart.
    """
    inner: dict[str, bytes] = {}
    for path, content in read_tar(data, name=name, limits=CHART_LIMITS).items():
        _, slash, rest = path.partition("/")
        if not slash:
            remedy = "package the chart again with `helm package`"
            raise InputError(Problem("chartInvalid", f"{name}: {path!r} lies in no folder", remedy=remedy))
        inner[rest] = content
    return inner


def with_packaged(files: ChartFiles, where: str, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield all files, those inside packaged sub-charts too. A bad archive anywhere refuses the chart."""
    if depth > _DEEPEST:
        raise InputError(Problem("chartInvalid", f"{where}: charts are packed into each other too deeply", file=where))
    for path, content in files.items():
        yield path, content
        if (path.startswith("charts/") or "/charts/" in path) and path.endswith(".tgz"):
            inner = unpack_chart(content, name=f"{where}/{path}")
            for below, found in with_packaged(inner, f"{where}/{path}", depth + 1):
                yield f"{path}/{below}", found
