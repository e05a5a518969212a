"""Units without a cluster: what was asked is remembered, and a test says how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.variables import Variable
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.authorising.callers import Caller
from fairlead.domain.declaring.apps.reading import read_descriptor
from fairlead.domain.errors import FairleadError, Problem
from fairlead.domain.rollout.intents import Intent
from fairlead.domain.scopes import EVERYTHING, Scope
from fairlead.domain.units import UnitKey
from fairlead.pipeline.rebuilding import Recalled
from fairlead.pipeline.units.variables import Change
from fairlead.server.rollouts import Checked, Finished, Standing, Wanted

_RESTING: Mapping[str, Any] = {
    "since": None,
    "cause": "nothing was asked for",
    "next": "nothing",
    "until": None,
    "live": "1",
    "candidate": None,
    "queued": 0,
    "paused": False,
    "frozen": False,
    "held": None,
    "heldReason": None,
    "drivenBy": None,
    "blocked": None,
}


class FakeRollouts:
    """`refusal` is raised by whatever asks the cluster, `gone` by what asks something of a unit.

    `lost` is raised by it too, but the unit has heard of it.
    `against` is what the cluster has against every descriptor, `forbidden` what every namespace has.
    """

    def __init__(self, *clusters: str) -> None:
        self.clusters: Sequence[str] = clusters or ("one",)
        self.wanted: list[Wanted] = []
        self.submitted: list[tuple[UnitKey, Intent]] = []
        self.there: set[UnitKey] = set()
        self.busy: set[UnitKey] = set()
        self.finished: dict[UnitKey, tuple[Finished, ...]] = {}
        self.under_way: frozenset[str] = frozenset()
        self.refusal: FairleadError | None = None
        self.gone: FairleadError | None = None
        self.lost: FairleadError | None = None
        self.against: tuple[Problem, ...] = ()
        self.forbidden: tuple[Problem, ...] = ()
        self.recalled: dict[UnitKey, Recalled] = {}
        self.kept: dict[tuple[str, str], dict[str, Variable]] = {}
        self.driven: list[UnitKey] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.next: float | None = None

    def read(self, document: object, cluster: str) -> Checked | tuple[Problem, ...]:
        found = read_descriptor(document)
        if not isinstance(found, Descriptor):
            return found
        return Checked(UnitKey(cluster, found.namespace, found.app), descriptor_json(found), found.warnings)

    async def ruled_out(self, checked: Checked) -> tuple[Problem, ...]:
        return self.forbidden

    async def check(self, checked: Checked, caller: Caller) -> tuple[Problem, ...]:
        self._answer()
        return self.against

    async def deploy(self, wanted: Wanted) -> str:
        self._answer()
        self.wanted.append(wanted)
        self.there.add(wanted.unit)
        return str(len(self.wanted))

    async def submit(self, unit: UnitKey, intent: Intent) -> None:
        self._answer()
        if self.gone is not None:
            raise self.gone
        if all(known.id != intent.id for _, known in self.submitted):
            self.submitted.append((unit, intent))
        if self.lost is not None:
            raise self.lost

    async def standing(self, unit: UnitKey) -> Standing | None:
        self._answer()
        if unit not in self.there:
            return None
        phase = "Warming" if unit in self.busy else "Idle"
        document = {**unit.to_json(), **_RESTING, "phase": phase, "ended": [], "versions": []}
        return Standing(unit, document, unit in self.busy, self.under_way, self.finished.get(unit, ()))

    async def variables(self, cluster: str, namespace: str) -> Sequence[Variable]:
        return tuple(self.kept.get((cluster, namespace), {}).values())

    async def change_variables(
        self, caller: Caller, cluster: str, namespace: str, change: Change
    ) -> Sequence[Variable]:
        self._answer()
        changed = dict(change(self.kept.get((cluster, namespace), {})))
        self.kept[cluster, namespace] = changed
        return tuple(changed.values())

    async def drive(self, unit: UnitKey) -> float | None:
        self.driven.append(unit)
        self._answer()
        await self.go_on.wait()
        return self.next

    async def recall(self, unit: UnitKey) -> Recalled:
        self._answer()
        return self.recalled[unit]

    async def known(self, scope: Scope = EVERYTHING) -> Sequence[UnitKey]:
        self._answer()
        return sorted(unit for unit in self.there if scope.holds(unit))

    def _answer(self) -> None:
        if self.refusal is not None:
            raise self.refusal
