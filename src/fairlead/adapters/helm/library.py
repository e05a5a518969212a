"""Renders charts with Helm as a library, in worker processes."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from fairlead.adapters.helm import wire
from fairlead.adapters.helm.capabilities import exact_count
from fairlead.adapters.helm.failures import FailureKind, failure
from fairlead.adapters.helm.workers import LimitExceededError, WorkerDiedError, Workers
from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.domain.identity import canonical_json
from fairlead.domain.rendering import ChartRequest, LocalChart, RenderedChart

LIBRARY_VERSION = "0.2.2"


@dataclass(frozen=True, slots=True)
class HelmLibrary:
    """The `ChartRenderer` that needs no program."""

    workers: Workers = field(default_factory=Workers)

    @property
    def version(self) -> str:
        """The library's version, which fixes Helm's own (4.2.3)."""
        return f"helm-python-sdk {LIBRARY_VERSION}"

    async def render(self, request: ChartRequest) -> RenderedChart:
        """Render one chart; see the port."""
        values = values_json(request)
        question = wire.Render(
            chart=request.chart.path,
            values=msgspec.Raw(values),
            options=msgspec.Raw(msgspec.json.encode(_options(request))),
            kubeconfig=request.lookup.kubeconfig if request.lookup else "",
            context=request.lookup.context if request.lookup else "",
            exact=exact_count(request, values),
        )
        match await self._ask(question, shown(request.chart)):
            case wire.Rendered(chart=chart):
                return chart
            case wire.Rejected(problems=problems):
                raise OperationFailed(problems)
            case wire.Failed(kind=kind, message=message):
                raise failure(kind, message, chart=shown(request.chart))
            case wire.Values():
                raise AssertionError("the worker answered another question")

    async def default_values(self, chart_path: str) -> dict[str, object]:
        """Return a chart's own values; see the port."""
        match await self._ask(wire.DefaultValues(chart_path), chart_path):
            case wire.Values(values=values):
                return values
            case wire.Failed(kind=kind, message=message):
                raise failure(kind, message, chart=chart_path)
            case wire.Rendered() | wire.Rejected():
                raise AssertionError("the worker answered another question")

    async def close(self) -> None:
        """End the workers."""
        await self.workers.close()

    async def _ask(self, question: wire.Question, chart: str) -> wire.Answer:
        try:
            return await self.workers.ask(question)
        except LimitExceededError as limit:
            raise failure(FailureKind.LIMIT, str(limit), chart=chart) from None
        except WorkerDiedError as death:
            message = f"chart {chart}: the rendering worker ended unexpectedly: {death}"
            remedy = "try again; if it happens again, set FAIRLEAD_HELM to a program of Helm 4 and report this"
            raise OperationFailed(Problem("chartRenderFailed", message, remedy=remedy)) from None


def values_json(request: ChartRequest) -> bytes:
    """Return the values of a request in the form in which the worker takes them.

    Raises:
        InputError: `valuesInvalid`; a value that JSON cannot hold (not a number, half a character).
    """
    try:
        return canonical_json(request.values)
    except (TypeError, ValueError) as error:
        message = f"chart {shown(request.chart)}: the values cannot be written as JSON: {error}"
        remedy = "use text, finite numbers, booleans, lists and mappings only"
        raise InputError(Problem("valuesInvalid", message, remedy=remedy)) from None


def shown(chart: LocalChart) -> str:
    """Return how people call the chart."""
    return f"{chart.name} {chart.version}"


def _options(request: ChartRequest) -> dict[str, object]:
    return {
        "name": request.name,
        "namespace": request.namespace,
        "revision": request.revision,
        "is_install": not request.is_upgrade,
        "is_upgrade": request.is_upgrade,
        "kube_version": request.capabilities.kube_version,
        "api_versions": list(request.capabilities.api_versions),
    }
