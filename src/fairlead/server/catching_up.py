"""Brings the records of deployments up to what their units say, after a time in which nobody wrote anything down."""

from __future__ import annotations

import logging
from datetime import datetime

from fairlead.domain.errors import FairleadError
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.rollout.phases import UnitOutcome
from fairlead.domain.unit_news import DeploymentEnded
from fairlead.ports.store import Store
from fairlead.server.recording import Recorder
from fairlead.server.rollouts import Rollouts

_UNDER_WAY = frozenset(status for status in DeploymentStatus if status.is_under_way)
_NEVER = "the server stopped before it could ask for it: nothing was begun"

_log = logging.getLogger(__name__)


async def catch_up(store: Store, rollouts: Rollouts, recorder: Recorder, started: datetime) -> None:
    """Write down how deployments ended meanwhile, and give up those that their units never heard of.

    Only of records from before the server started: of a later one the unit may be about to hear.
    """
    after: int | None = None
    while True:
        page = await store.deployments.page(DeploymentFilter(statuses=_UNDER_WAY), after=after)
        for record in page.items:
            if record.created >= started:
                continue
            try:
                await _catch_up(record, rollouts, recorder, started)
            except FairleadError as error:
                _log.warning("the record of %s may be out of date: %s", record.unit, error)
        if (after := page.after) is None:
            return


async def _catch_up(record: StoredDeployment, rollouts: Rollouts, recorder: Recorder, now: datetime) -> None:
    standing = await rollouts.standing(record.unit)
    under_way = standing.under_way if standing is not None else frozenset[str]()
    finished = [one for one in standing.finished if one.deployment == record.identifier] if standing is not None else []
    if record.identifier in under_way:
        return
    if finished:
        last = finished[-1]
        told = (record.unit, last.at, record.identifier, last.intent, last.outcome, last.explanation)
        await recorder.keep([DeploymentEnded(*told)])
    else:
        await recorder.end(record.identifier, UnitOutcome.FAILED, _NEVER, now)
