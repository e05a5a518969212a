"""Sets and ends holds by hand: one change of the state, whoever else writes it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from fairlead.domain.config import App
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.holding import held_by_hand
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.moments import rfc3339
from fairlead.domain.state import Hold, ReleaseState
from fairlead.domain.targets import Target
from fairlead.pipeline.engine import Engine


async def hold(engine: Engine, key: ReleaseKey, *, reason: str) -> Hold | None:
    """Hold a release at what runs and return the hold.

    Raises:
        InputError: nothing was ever deployed of it (`unknownRelease`).
    """
    by, at = engine.whoami.me().who, rfc3339(engine.clock.now())
    return await _changed(engine, key, partial(held_by_hand, by=by, at=at, reason=reason))


async def end_hold(engine: Engine, target: Target) -> None:
    """End the hold of a release, if there is one; of an app also what its unit was told not to deploy again.

    Raises:
        InputError: nothing was ever deployed of it (`unknownRelease`).
    """
    if isinstance(target.release.source, App) and await _end_hold_of_unit(engine, target.key):
        stored = await engine.store(target.key).read(target.key)
        if stored.state.hold is None:  # perhaps only failed deployments are recorded
            return
    await _changed(engine, target.key, lambda state: replace(state, hold=None))


async def _end_hold_of_unit(engine: Engine, key: ReleaseKey) -> bool:
    """Return whether the unit was held; whoever drives it reads its anchor afresh."""
    from fairlead.pipeline.units.anchoring import read_anchor, update_anchor  # noqa: PLC0415 - only apps have units
    from fairlead.pipeline.units.planning import unit_key  # noqa: PLC0415 - as above

    anchors, unit = engine.anchors[key.environment], unit_key(key)
    if (await read_anchor(anchors, unit)).anchor.hold is None:
        return False
    await update_anchor(anchors, unit, lambda anchor: replace(anchor, hold=None))
    return True


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
