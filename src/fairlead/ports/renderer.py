"""Turns one local chart into objects. Pure in effect: nothing is written anywhere, nothing is fetched.

Guarantees: bounded in time, output and memory; a chart that exceeds a bound fails alone. The two adapters (the Helm
library in a worker process, and the `helm` program) give the same objects for the same request, but for this: the
program refuses a chart that reads its revision when that is not 1, and asks the cluster itself for its capabilities
where a chart looks something up.
Errors: `InputError` with code `chartInvalid`, `valuesSchema` (one problem per value, `path` leading to it) or
`valuesInvalid`; `OperationFailed` with code `chartRenderFailed` (naming template and line), `kubeVersionUnsupported`,
`clusterUnreachable` (for `lookup`) or `renderLimit`.
"""

from __future__ import annotations

from typing import Protocol

from fairlead.domain.rendering import ChartRequest, RenderedChart


class ChartRenderer(Protocol):
    """Renders charts with Helm's meaning."""

    @property
    def version(self) -> str:
        """Name and version of the engine; part of the inputs digest."""
        ...

    async def render(self, request: ChartRequest) -> RenderedChart:
        """Render one chart."""
        ...

    async def default_values(self, chart_path: str) -> dict[str, object]:
        """Return a chart's own values, for `fairlead values`."""
        ...

    async def close(self) -> None:
        """End the worker, if there is one."""
        ...
