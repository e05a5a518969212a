"""Documents as JSON text."""

from __future__ import annotations

import msgspec

from fairlead.cli.wire.documents import API_VERSION, Document


def to_json(document: Document) -> str:
    """Return a document as the text for standard output, ending in a newline."""
    body = msgspec.to_builtins(document)
    return msgspec.json.format(msgspec.json.encode({"apiVersion": API_VERSION, **body}), indent=2).decode() + "\n"
