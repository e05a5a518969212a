"""For those who run the server: is it alive, is it ready, what does it count, which clusters, what can be asked."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from fairlead.domain.authorising.actions import Action
from fairlead.domain.scopes import scope_of
from fairlead.server.api.asking import Asked
from fairlead.server.api.descriptors import After, Limit
from fairlead.server.api.routing import Row
from fairlead.server.api.subjects import scope_in_query
from fairlead.server.api.wire import AuditList, ClusterItem, ClusterList, audit_item
from fairlead.server.metrics import CONTENT_TYPE


async def alive(call: Asked) -> dict[str, str]:  # noqa: ARG001 - it answers: that is all
    """Say that the server answers."""
    return {"status": "ok"}


async def ready(call: Asked) -> Response:
    """Say whether the server takes deployments: its store can be read, and the drivers of busy units are started."""
    await call.api.store.deployments.read("")
    is_ready = call.api.ready()
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse({"status": "ok" if is_ready else "starting"}, status)


async def metrics(call: Asked) -> Response:
    """Show what the server counts, in the text format of Prometheus."""
    return Response(call.api.metrics.exposed(call.api.hub.open), media_type=CONTENT_TYPE)


async def description(call: Asked) -> dict[str, Any]:
    """Show what can be asked, as OpenAPI."""
    found: dict[str, Any] = call.request.app.openapi()
    return found


async def clusters(call: Asked) -> ClusterList:
    """List the clusters of which the caller may see anything."""
    names = call.api.rollouts.clusters
    return ClusterList(items=[ClusterItem(name=name) for name in names if _sees(call, name)])


async def audited(call: Asked, limit: Limit = 100, after: After = None) -> AuditList:
    """List who did what and who was refused, the newest first."""
    page = await call.api.administration.audit.page(after=after, limit=limit)
    return AuditList(items=[audit_item(each) for each in page.items], next=page.after)


def _sees(call: Asked, name: str) -> bool:
    return not (call.scope & scope_of(clusters=[name])).is_empty


ROWS: Final = (
    Row("GET", "/healthz", Action.PROBE, alive),
    Row("GET", "/readyz", Action.PROBE, ready),
    Row("GET", "/metrics", Action.READ_METRICS, metrics),
    Row("GET", "/api/v1/audit", Action.READ_AUDIT, audited),
    Row("GET", "/api/v1/openapi.json", Action.READ_API, description),
    Row(
        "GET", "/api/v1/clusters", Action.READ_CLUSTERS, clusters, scope_in_query, query=("cluster", "namespace", "app")
    ),
)
