"""Effective values, from the pipeline to the wire."""

from __future__ import annotations

from fairlead.cli.wire.documents import Origin, Values
from fairlead.domain.identity import ReleaseKey
from fairlead.pipeline import values


def values_document(key: ReleaseKey, found: values.Values) -> Values:
    """Return the document of `values`; secrets are not in it."""
    provenance = {
        path: Origin(file=origin.file, line=origin.line, source=origin.source.value)
        for path, origin in found.provenance.items()
    }
    return Values(**key.to_json(), values=found.shown, provenance=provenance)
