"""The wire forms of what is about units: what is asked of them, and how they stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import Field

from fairlead.domain.rollout.intents import Resolution
from fairlead.domain.rollout.phases import Phase, UnitOutcome, VersionState
from fairlead.server.api.wire import UnitName, Wire

LONGEST_REASON: Final = 1000


class PromoteWish(Wire):
    """The candidate to go live. `digest`, if given, has to be the candidate's."""

    digest: str = ""
    force: bool = False


class RollbackWish(Wire):
    """The version to be live again; without a name, the one that was live before."""

    to: str = ""
    reason: str = Field("", max_length=LONGEST_REASON, description="Why, for people: kept in the record and the audit")


class ScaleWish(Wire):
    """How many pods of a workload; without a name, of each."""

    replicas: int = Field(ge=0, le=10_000)
    workload: str = ""


class ResolveWish(Wire):
    """How a block ends."""

    resolution: Resolution


class AcceptedIntent(Wire):
    """What was asked of a unit is stored, and will be looked at. `id` names it in the unit's `ended`."""

    id: str
    deployment: str | None = None


class UnitItem(UnitName):
    """How a unit stands. `live` and `candidate` are versions.

    `cause` says why it is where it is, `next` what it waits for, `until` when that is over at the latest. `held` is the
    digest that is not deployed again, `blocked` why nothing is written any more.
    """

    phase: Phase
    since: datetime | None
    live: str | None
    candidate: str | None
    cause: str
    next: str
    until: datetime | None
    queued: int
    paused: bool
    frozen: bool
    held: str | None
    blocked: str | None


class VersionItem(Wire):
    """A version of which something may be in the cluster. `until` is when it goes its next step, `next` says which.

    `replicas` is how many pods each workload has, or had when it had the traffic.
    """

    version: str
    state: VersionState
    since: datetime
    until: datetime | None
    next: str | None
    replicas: dict[str, int]
    digest: str
    deployment: str
    by: str
    reason: str | None


class EndedItem(Wire):
    """How something that was asked of a unit ended; `intent` is the `id` that was answered then."""

    intent: str
    deployment: str | None
    outcome: UnitOutcome
    at: datetime
    explanation: str | None


class UnitDetail(UnitItem):
    """How a unit stands, with its versions and what ended lately. `drivenBy` is who drives it now, null for nobody."""

    held_reason: str | None
    driven_by: str | None
    versions: list[VersionItem]
    ended: list[EndedItem]


class UnitList(Wire):
    """Units, by cluster, namespace and app. `next` is what `after` has to be for the rest, null at the end."""

    items: list[UnitItem]
    next: str | None


def unit_item(standing: Mapping[str, Any]) -> UnitItem:
    """Return the wire form of how a unit stands, without its versions and what was asked of it."""
    return UnitItem.model_validate({name: standing[name] for name in UnitItem.model_fields})
