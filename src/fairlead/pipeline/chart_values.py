"""The values that a chart's templates see: those that are declared, over the chart's own."""

from __future__ import annotations

from fairlead.domain.config import ChartDir, ChartOci, ChartReference
from fairlead.domain.targets import Target
from fairlead.pipeline.render import Rendering
from fairlead.pipeline.values import Values, chart_defaults


async def over_chart(found: Values, target: Target, rendering: Rendering) -> Values:
    """Return values over those of the release's chart, which is fetched for it; of other releases the same ones.

    Raises:
        InputError: the chart is broken or not there.
        OperationFailed: it could not be had.
    """
    chart = target.release.source
    if not isinstance(chart, ChartDir | ChartReference | ChartOci):
        return found
    local = await (await rendering.charts()).fetch(chart, rendering.declaration.helm_repos)
    own = await (await rendering.renderer()).default_values(local.path)
    return found.over_chart(chart_defaults(own, f"{local.name} {local.version}"))
