"""Documents as bytes, and back."""

from __future__ import annotations

import base64
import random
import zlib

import pytest

from fairlead.domain.packing import PIECE_BYTES, pack, unpack


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
