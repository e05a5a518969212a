"""Keeps what charts rendered to, so that the same inputs are not rendered again.

Only what the inputs determine is kept: nothing of charts or values that call for random text, the time, certificates
or the cluster, and nothing that a secret value went into. An entry that cannot be read counts as absent.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path

import msgspec

from fairlead import __version__
from fairlead.adapters.helm.library import values_json
from fairlead.domain.chart_files import text_generates
from fairlead.domain.identity import sha256_json
from fairlead.domain.rendering import ChartRequest, RenderedChart
from fairlead.doors.replacing import replace_file
from fairlead.ports.renderer import ChartRenderer

FORMAT = 1  # of what is kept; another number, or another Fairlead, makes all that was kept before unknown


@dataclass(slots=True)
class CachingRenderer:
    """A renderer that remembers. `folder` is the user's alone.

    Of more than `kept` entries, or `kept_bytes` in all, those that were not used for longest go when it is closed.
    """

    inner: ChartRenderer
    folder: Path
    kept: int = 10_000
    kept_bytes: int = 256 * 1024 * 1024
    _has_grown: bool = field(default=False, init=False)

    @property
    def version(self) -> str:
        """The version of the renderer inside."""
        return self.inner.version

    async def render(self, request: ChartRequest) -> RenderedChart:
        """Render one chart, or return what it rendered to before; see the port."""
        values = values_json(request)
        if request.chart.generates or request.holds_secrets or request.lookup is not None or text_generates(values):
            return await self.inner.render(request)
        path = self._path(request, values)
        found = _load(path)
        if found is None:
            found = await self.inner.render(request)
            _save(path, found)
            self._has_grown = True
        return found

    async def default_values(self, chart_path: str) -> dict[str, object]:
        """Return a chart's own values; see the port."""
        return await self.inner.default_values(chart_path)

    async def close(self) -> None:
        """Close the renderer inside, and make room."""
        if self._has_grown:
            _forget_oldest(self.folder, kept=self.kept, kept_bytes=self.kept_bytes)
        await self.inner.close()

    def _path(self, request: ChartRequest, values: bytes) -> Path:
        capabilities = request.capabilities
        facts = [request.name, request.namespace, request.revision, request.is_upgrade, request.chart.digest]
        cluster = [capabilities.kube_version, sorted(capabilities.api_versions), capabilities.complete]
        digest = sha256_json([FORMAT, __version__, self.version, facts, cluster, values.decode()])
        return self.folder / f"{digest.removeprefix('sha256:')}.json"


_decoder = msgspec.json.Decoder(RenderedChart)


def _load(path: Path) -> RenderedChart | None:
    try:
        digest, _, body = path.read_bytes().partition(b"\n")
        if digest.decode() != hashlib.sha256(body).hexdigest():
            return None
        os.utime(path)  # what is used stays
        return replace(_decoder.decode(body), cached=True)
    except (OSError, ValueError):
        return None


def _save(path: Path, chart: RenderedChart) -> None:
    body = msgspec.json.encode(chart)
    # A full or read-only disk costs time, not the deployment.
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def _forget_oldest(folder: Path, *, kept: int, kept_bytes: int) -> None:
    with suppress(OSError):  # another process forgets, too
        entries = sorted(((entry.stat(), entry) for entry in folder.iterdir()), key=lambda one: -one[0].st_mtime)
        sizes = accumulate(stat.st_size for stat, _ in entries)
        for number, (size, (_, path)) in enumerate(zip(sizes, entries, strict=True)):
            if number >= kept or size > kept_bytes:
                path.unlink(missing_ok=True)
