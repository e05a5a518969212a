"""Documents as bytes, and back."""

from __future__ import annotations

import base64
import random
import zlib
from typing import Any

import pytest

from fairlead.domain.identity import ObjectRef
from fairlead.domain.packing import PIECE_BYTES, in_secret, of_secret, pack, unpack


@pytest.mark.parametrize("document", [{}, {"a": ["ü", 1, None]}, [1, 2], "text"])
def test_a_document_comes_back(document: object) -> None:
    assert unpack(pack(document)) == document


def test_a_large_document_comes_in_pieces_that_fit() -> None:
    noise = random.Random(1).randbytes(PIECE_BYTES).hex()
    pieces = pack(noise)
    assert len(pieces) == 2
    assert len(pieces[0]) == PIECE_BYTES * 4 // 3
    assert unpack(pieces) == noise


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        ["no base64!"],
        [base64.b64encode(b"not compressed").decode()],
        [base64.b64encode(zlib.compress(b"{}")[:-1]).decode()],
        [base64.b64encode(zlib.compress(b"{")).decode()],
        [base64.b64encode(zlib.compress(b"[" * 100_000)).decode()],
    ],
)
def test_what_is_no_document_is_refused(pieces: list[str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(pieces)


def test_a_piece_comes_back_out_of_its_secret() -> None:
    secret = in_secret("cGllY2U=", ObjectRef("v1", "Secret", "shop", "web"), kind="example/v1", labels={"a": "b"})
    assert secret["metadata"] == {"name": "web", "namespace": "shop", "labels": {"a": "b"}}
    assert (secret["type"], of_secret(secret)) == ("example/v1", "cGllY2U=")


@pytest.mark.parametrize("secret", [{}, {"data": None}, {"data": {"other": "x"}}])
def test_a_secret_of_somebody_else_holds_no_piece(secret: dict[str, Any]) -> None:
    assert of_secret(secret) == ""
