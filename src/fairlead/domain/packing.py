"""What we remember in a cluster, as bytes: JSON, compressed, in pieces that fit into a Secret."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fairlead.domain.identity import ObjectRef, canonical_json

PIECE_BYTES: Final = 699 * 1024  # a multiple of three, so that pieces in base64 can be joined
"""Of a compressed document in one Secret; in base64, and with its surroundings, that stays below the 1 MiB limit."""
_KEY: Final = "document"
LARGEST: Final = 256 * 1024 * 1024  # bytes of a document after unpacking; more is no document of ours


def pack(document: Any) -> list[str]:
    """Return a document in base64, in one or more pieces."""
    packed = zlib.compress(canonical_json(document), level=6)
    return [base64.b64encode(piece).decode() for piece in _pieces(packed)]


def unpack(pieces: Sequence[str]) -> Any:
    """Return the document in these pieces.

    Raises:
        ValueError: they hold none.
    """
    try:
        packed = b"".join(base64.b64decode(piece, validate=True) for piece in pieces)
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(packed, LARGEST)
        if unpacker.eof:
            return json.loads(text)
    except (zlib.error, RecursionError) as error:
        raise ValueError(str(error)) from None
    raise ValueError("it is cut short, or too large")


def in_secret(piece: str, ref: ObjectRef, *, kind: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the Secret of type `kind` that holds a piece."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": ref.name, "namespace": ref.namespace, "labels": dict(labels)},
        "type": kind,
        "data": {_KEY: piece},
    }


def of_secret(secret: Mapping[str, Any]) -> str:
    """Return the piece that a Secret holds; an empty one, which no document is, when it holds none."""
    return str((secret.get("data") or {}).get(_KEY, ""))


def _pieces(packed: bytes) -> Iterator[bytes]:
    for start in range(0, len(packed), PIECE_BYTES):
        yield packed[start : start + PIECE_BYTES]
