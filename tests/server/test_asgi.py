"""Bodies within limits."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fairlead.server.asgi import Body, Budget, Excess, Limits, Message


def body(pieces: Sequence[bytes], *, limit: int, budget: Budget) -> Body:
    """Return a body that arrives in pieces."""
    coming = iter(pieces)

    async def receive() -> Message:
        return {"type": "http.request", "body": next(coming), "more_body": True}

    return Body(receive, Limits(body=limit), budget)


@pytest.mark.parametrize(
    ("pieces", "limit", "most", "status"),
    [
        ((b"1234", b"5678"), 8, 8, None),
        ((b"123456789",), 8, 100, 413),
        ((b"1234", b"56789"), 8, 100, 413),
        ((b"1234", b"56789"), 9, 8, 503),
    ],
    ids=["up to both", "one piece", "together", "budget"],
)
async def test_pieces_count_together(pieces: Sequence[bytes], limit: int, most: int, status: int | None) -> None:
    budget = Budget(most)
    arriving, found = body(pieces, limit=limit, budget=budget), None
    try:
        for _ in pieces:
            await arriving.receive()
    except Excess as excess:
        found = excess.status
    assert found == status
    arriving.release()
    assert budget.held == 0


async def test_what_others_hold_counts() -> None:
    budget = Budget(8)
    first, second = (body([b"12345"], limit=8, budget=budget) for _ in range(2))
    await first.receive()
    with pytest.raises(Excess):
        await second.receive()
    second.release()
    first.release()
    assert budget.held == 0
