"""Intents on their way to units: each once, however often its request is sent."""

from __future__ import annotations

from collections.abc import Callable

from fairlead.domain.keeping.answers import KeyReused, Repeated
from fairlead.domain.rollout.intents import Intent
from fairlead.domain.units import UnitKey
from fairlead.server.api.asking import Call, key_reused


async def submitted(call: Call, unit: UnitKey, make: Callable[[str], Intent]) -> str:
    """Ask something of a unit, once if the request says so. Return the intent's identifier.

    Raises:
        Declined: the request's key stood for another one.
        FairleadError: the unit could not be asked.
    """
    identifier, once = call.api.identifier(), call.once
    if once is not None:
        match await call.api.store.requests.claim(once, identifier, call.api.clock.now()):
            case KeyReused():
                raise key_reused()
            case Repeated(identifier=earlier):
                identifier = earlier  # the unit takes an intent once, so that asking again does no harm
            case None:
                pass
    await call.api.rollouts.submit(unit, make(identifier))
    call.api.busy(unit)
    return identifier
