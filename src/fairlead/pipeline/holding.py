"""Sets and ends holds by hand: one change of the state, whoever else writes it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.holding import held_by_hand
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.moments import rfc3339
from fairlead.domain.state import Hold, ReleaseState
from fairlead.pipeline.engine import Engine


async def hold(engine: Engine, key: ReleaseKey, *, reason: str) -> Hold | None:
    """Hold a release at what runs and return the hold.

    Raises:
        InputError: nothing was ever deployed of it (`unknownRelease`).
    """
    by, at = engine.whoami.me().who, rfc3339(engine.clock.now())
    return await _changed(engine, key, partial(held_by_hand, by=by, at=at, reason=reason))


async def end_hold(engine: Engine, key: ReleaseKey) -> Hold | None:
    """End the hold of a release, if there is one, and return what holds it now: nothing."""
    return await _changed(engine, key, lambda state: replace(state, hold=None))


async def _changed(engine: Engine, key: ReleaseKey, change: Callable[[ReleaseState], ReleaseState]) -> Hold | None:
    store = engine.store(key)
    while True:
        stored = await store.read(key)
        if not stored.version or not any(one.deployment.outcome.is_good for one in stored.state.deployments):
            message = f"no deployment of {key} that succeeded is recorded, so there is nothing to hold it at"
            raise InputError(
                Problem("unknownRelease", message, remedy=f"deploy it: `fairlead apply {key.environment}`")
            )
        wanted = change(stored.state)
        if wanted == stored.state or await store.swap(key, stored, wanted) is not None:
            return wanted.hold
