"""Webhooks, among the other routes. Who may send is decided by the secret of the receiver, before anything is read."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fairlead.domain.authorising.actions import Action
from fairlead.server.api.asking import Asked
from fairlead.server.api.routing import HandedOver, Row
from fairlead.server.problems import not_found

_ONE: Final = "/hooks/{receiver}"


async def receive(call: Asked) -> Any:
    """Take a delivery of a receiver that is declared with `--webhooks`: signed, or with the secret in a header."""
    return _taken(call)


async def receive_by_address(call: Asked) -> Any:
    """Take a delivery of a sender that can set nothing but an address."""
    return _taken(call)


def _taken(call: Asked) -> Any:
    if call.api.webhooks is None:
        raise not_found()
    return HandedOver(call.api.webhooks)


ROWS: Final = (
    Row("POST", _ONE, Action.RECEIVE, receive, status=HTTPStatus.ACCEPTED),
    Row("POST", f"{_ONE}/{{secret}}", Action.RECEIVE, receive_by_address, status=HTTPStatus.ACCEPTED),
)
