"""What the server asks of those who roll units out: its own view, so that it can be served without a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from fairlead.domain.apps.variables import Variable
from fairlead.domain.authorising.callers import Caller
from fairlead.domain.errors import Problem
from fairlead.domain.rollout.intents import Intent, OnBusy
from fairlead.domain.rollout.phases import UnitOutcome
from fairlead.domain.scopes import EVERYTHING, Scope
from fairlead.domain.units import UnitKey
from fairlead.pipeline.rebuilding import Recalled
from fairlead.pipeline.units.variables import Change


@dataclass(frozen=True, slots=True)
class Checked:
    """A descriptor that was read: its unit, its normal form, and what reading it had to say."""

    unit: UnitKey
    document: Mapping[str, Any]
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants deployed. `deployment` names the record, and is the intent's identifier."""

    unit: UnitKey
    deployment: str
    document: Mapping[str, Any]
    caller: Caller
    on_busy: OnBusy = OnBusy.SUPERSEDE
    release_hold: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """How an intent about a deployment ended."""

    deployment: str
    outcome: UnitOutcome
    explanation: str
    at: datetime
    intent: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a unit stands. `document` is for people and programs, `is_busy` whether something happens to it.

    `under_way` are the deployments that may still come to something, `finished` those that ended lately.
    """

    unit: UnitKey
    document: Mapping[str, Any]
    is_busy: bool
    under_way: frozenset[str] = frozenset()
    finished: tuple[Finished, ...] = ()


class Rollouts(Protocol):
    """The units of all clusters that the server serves.

    Errors: `InputError` for what somebody wrote, `Refused` for what may not be, `OperationFailed` and `Transient` for
    clusters that do not answer.
    """

    @property
    def clusters(self) -> Sequence[str]:
        """The names of the clusters, as declared."""
        ...

    def read(self, document: object, cluster: str) -> Checked | tuple[Problem, ...]:
        """Read a descriptor, without asking anybody; every problem has its path."""
        ...

    async def ruled_out(self, checked: Checked) -> tuple[Problem, ...]:
        """Return what the rules of its namespace forbid; nothing while the cluster does not tell."""
        ...

    async def check(self, checked: Checked, caller: Caller) -> tuple[Problem, ...]:
        """Return what the cluster says against it, as it would if it were deployed by this caller."""
        ...

    async def deploy(self, wanted: Wanted) -> str:
        """Store what shall be deployed and ask for it; return the version that it has."""
        ...

    async def submit(self, unit: UnitKey, intent: Intent) -> None:
        """Ask something of a unit."""
        ...

    async def standing(self, unit: UnitKey) -> Standing | None:
        """Return how a unit stands, None when there is none."""
        ...

    async def variables(self, cluster: str, namespace: str) -> Sequence[Variable]:
        """Return the environment variables of a namespace."""
        ...

    async def change_variables(
        self, caller: Caller, cluster: str, namespace: str, change: Change
    ) -> Sequence[Variable]:
        """Change the environment variables of a namespace as this caller may, and return them."""
        ...

    async def drive(self, unit: UnitKey) -> float | None:
        """Drive a unit until it rests; return in how many seconds it has to be driven again, None for never."""
        ...

    async def recall(self, unit: UnitKey) -> Recalled:
        """Return what a cluster remembers of a unit, for records that were lost."""
        ...

    async def known(self, scope: Scope = EVERYTHING) -> Sequence[UnitKey]:
        """Return every unit of a scope that has an anchor in one of the clusters, in their order."""
        ...
