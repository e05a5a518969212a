"""Every kind of document, and the schema of all of them. What only prints one does without the others."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.cli.wire.audit import AuditLog
from fairlead.cli.wire.deploying import Deployments, Plan, Status
from fairlead.cli.wire.documents import (
    API_VERSION,
    Context,
    Contexts,
    Document,
    Error,
    Files,
    List,
    Problems,
    Rendered,
    Values,
)
from fairlead.cli.wire.sandbox import Sandbox
from fairlead.cli.wire.saved import SavedPlan
from fairlead.cli.wire.tokens import NewToken, Tokens
from fairlead.cli.wire.units import Units
from fairlead.cli.wire.upgrades import TrackChoice, Updates
from fairlead.cli.wire.variables import Variables

KINDS: tuple[type[Document], ...] = (
    Contexts,
    Problems,
    List,
    Values,
    Rendered,
    Plan,
    SavedPlan,
    Deployments,
    Status,
    Updates,
    TrackChoice,
    Files,
    Context,
    Sandbox,
    Tokens,
    NewToken,
    AuditLog,
    Units,
    Variables,
    Error,
)


def output_schema() -> dict[str, Any]:
    """Return the JSON schema that every document satisfies."""
    references, definitions = msgspec.json.schema_components(KINDS, ref_template="#/$defs/{name}")
    for kind in KINDS:
        definition = definitions[kind.__name__]
        definition["properties"] = {"apiVersion": {"const": API_VERSION}, **definition["properties"]}
        definition["required"] = ["apiVersion", *definition["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://fairlead.dev/schemas/v1/output.schema.json",
        "title": "What fairlead prints with --output json, and the file of plan --save",
        "oneOf": list(references),
        "$defs": definitions,
    }
