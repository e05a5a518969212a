"""What a cluster publishes of a few kinds, as OpenAPI 3."""

from __future__ import annotations

from typing import Any

# The shape of a real group document, cut down: references through allOf, int-or-string, open maps, enumerations.
DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "apps.v1.Deployment": {
                "type": "object",
                "x-kubernetes-group-version-kind": [{"group": "apps", "version": "v1", "kind": "Deployment"}],
                "properties": {
                    "apiVersion": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {"allOf": [{"$ref": "#/components/schemas/Meta"}], "default": {}},
                    "spec": {"$ref": "#/components/schemas/Spec"},
                },
            },
            "Meta": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
            "Spec": {
                "type": "object",
                "required": ["selector"],
                "properties": {
                    "replicas": {"type": "integer"},
                    "selector": {"type": "object"},
                    "paused": {"type": "boolean"},
                    "weight": {"type": "number"},
                    "policy": {"type": "string", "enum": ["Always", "Never"]},
                    "port": {"oneOf": [{"type": "integer"}, {"type": "string"}]},
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
                    "anything": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {}},
                },
            },
            "Item": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            "Loop": {"$ref": "#/components/schemas/Loop"},
        }
    }
}
