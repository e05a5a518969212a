"""Puts a server together, and runs it until it is told to end."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.authorising.callers import Caller
from fairlead.domain.units import UnitKey
from fairlead.pipeline.authorising.admission import Admission
from fairlead.pipeline.background import beside
from fairlead.pipeline.rebuilding import rebuild
from fairlead.pipeline.units.service import new_id
from fairlead.ports.administration import Administration
from fairlead.ports.clock import Clock
from fairlead.ports.store import Store
from fairlead.server.api.app import application
from fairlead.server.api.asking import Api
from fairlead.server.api.streaming import StoredJournal
from fairlead.server.catching_up import catch_up
from fairlead.server.metrics import Metrics
from fairlead.server.recalling import Recalling
from fairlead.server.recording import Recorder
from fairlead.server.rollouts import Rollouts
from fairlead.server.running import Runner
from fairlead.server.serving import Address, serving
from fairlead.server.streams.hub import Hub
from fairlead.server.streams.websocket import websockets_of
from fairlead.server.surrounding import Surroundings
from fairlead.server.webhooks import Webhooks

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a server remembers, and by which clock. `is_loopback`: only this machine reaches it."""

    store: Store
    administration: Administration
    clock: Clock
    is_loopback: bool
    metrics: Metrics = field(default_factory=Metrics)


@dataclass(frozen=True, slots=True)
class Ears:
    """What hears of units: made before the units are, which announce to `recorder`."""

    hub: Hub
    recorder: Recorder
    admission: Admission


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is not running yet. `app` is the ASGI application."""

    app: Any
    ears: Ears
    runner: Runner
    kept: Kept
    rollouts: Rollouts


def ears_of(kept: Kept) -> Ears:
    """Return what hears of units and tells clients."""
    admission = Admission(kept.administration.tokens, kept.clock, kept.is_loopback)

    async def admitted() -> Callable[[Hashable], bool]:
        valid = await admission.valid()
        return lambda caller: isinstance(caller, Caller) and caller.token in valid

    hub = Hub(StoredJournal(kept.store), kept.clock, admitted)
    return Ears(hub, Recorder(kept.store, hub, kept.clock, kept.metrics), admission)


def server_of(
    kept: Kept, ears: Ears, rollouts: Rollouts, surroundings: Surroundings, webhooks: Webhooks | None = None
) -> Server:
    """Return a server of these units, which takes webhooks as well if it is given what takes them.

    Raises:
        UnguardedRoute: a route has no policy.
    """
    runner = Runner(rollouts, kept.metrics)
    ears.recorder.recall = Recalling(kept.store, rollouts).descriptor
    api = Api(
        store=kept.store,
        administration=kept.administration,
        admission=ears.admission,
        rollouts=rollouts,
        hub=ears.hub,
        clock=kept.clock,
        identifier=new_id,
        busy=runner.busy,
        metrics=kept.metrics,
        ready=lambda: runner.is_ready,
        webhooks=webhooks,
    )
    return Server(application(api, surroundings), ears, runner, kept, rollouts)


@asynccontextmanager
async def running(server: Server, address: Address) -> AsyncIterator[Address]:
    """Run a server inside the block. Leaving it takes no more requests, hands the units over, stores what is known."""
    hub, recorder, runner = server.ears.hub, server.ears.recorder, server.runner
    async with AsyncExitStack() as stack:
        stack.push_async_callback(recorder.write)
        await stack.enter_async_context(beside(recorder.run()))
        stack.push_async_callback(runner.stop)
        await stack.enter_async_context(beside(begin(server)))
        await stack.enter_async_context(beside(hub.run()))
        served = serving(server.app, address, websockets=websockets_of(hub))
        bound = await stack.enter_async_context(served)
        stack.callback(hub.close)  # first of all, or open streams would use up the time that requests have to end
        yield bound


async def begin(server: Server) -> None:
    """Make the records again if they were lost, bring them up to date, and drive on what there is to drive."""
    kept, started = server.kept, server.kept.clock.now()

    async def prepare(units: Sequence[UnitKey]) -> None:
        if made := await rebuild(kept.store, server.rollouts, units, kept.clock):
            _log.warning("%d records of deployments were made again from the clusters", made)
        await catch_up(kept.store, server.rollouts, server.ears.recorder, started)

    await server.runner.start(prepare)
