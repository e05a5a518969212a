"""The description of the API (OpenAPI 3.1), with what our routes say and the framework cannot know."""

from __future__ import annotations

import re
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from fairlead.server.api import unit_wire, wire
from fairlead.server.api.routing import ROLE

_PLACES: Final = re.compile(r"{(\w+)}")
_TEXT: Final = {"type": "string"}
_BODIES = (
    wire.DeploymentWish,
    wire.RedeploymentWish,
    unit_wire.PromoteWish,
    unit_wire.RollbackWish,
    unit_wire.ScaleWish,
    unit_wire.ResolveWish,
    wire.VariableWish,
)


def described(app: FastAPI) -> None:
    """Let an application describe itself, once it is asked to."""

    def description() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _description(app)
        return app.openapi_schema

    app.openapi = description  # type: ignore[method-assign] # the way that the framework documents


def _description(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version="1", openapi_version="3.1.0", routes=app.routes)
    components: dict[str, Any] = found.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    _, sent = models_json_schema(
        [(model, "validation") for model in _BODIES], ref_template="#/components/schemas/{model}"
    )
    schemas.update(sent.get("$defs", {}))
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in found["paths"].items():
        in_path = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in _PLACES.findall(path)]
        for operation in operations.values():
            if in_path:
                operation["parameters"] = [*in_path, *operation.get("parameters", ())]
            if operation.get(ROLE) is not None:
                operation["security"] = [{"token": []}]
    return found
