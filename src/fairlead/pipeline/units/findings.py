"""What a driver has found out by acting, and the cluster does not show: checks that ran, probes that were answered.

It belongs to one driver. One that takes over has found out nothing yet, and asks anew.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.observation import AdoptionSeen, PreflightSeen, Verdict
from fairlead.pipeline.units.sight import Sight


@dataclass(frozen=True, slots=True)
class Passage:
    """Whether a Service passes on to the version that it was switched to last, and why when that is not sure."""

    version: str
    verdict: Verdict
    why: str = ""

    @property
    def told(self) -> str:
        """What people are told of it."""
        return self.why if self.verdict is Verdict.FAILED else f"{self.why}: its ready endpoints have to do"


@dataclass(slots=True)
class Findings:
    """What was found, by version where it is about one.

    `gates` are by version and whether they are those of its soak, `running` those that have not ended. `hopeless` says
    why pods will never be ready, `troubles` what keeps them just now, `unwell` which pod does not say that it is well,
    `bodies` what pods answered last. `opened` is the version that what leads in from outside was last written for, None
    while this driver wrote nothing there. `seen` is what moves as a takeover found it, for the first judgement.
    `passages` are of the Services that this driver asked after their switch, `asking` those that it asks. `notes` are
    for people, and go once they were told. `changed` is set when something was found.
    """

    preflight: dict[str, PreflightSeen] = field(default_factory=dict)
    health: dict[str, Verdict] = field(default_factory=dict)
    hopeless: dict[str, str] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    unwell: dict[str, str] = field(default_factory=dict)
    gates: dict[tuple[str, bool], tuple[Verdict, str]] = field(default_factory=dict)
    evidence: set[str] = field(default_factory=set)
    adoption: AdoptionSeen | None = None
    bodies: dict[str, str] = field(default_factory=dict)
    opened: str | None = None
    seen: Sight | None = None
    passages: dict[ObjectRef, Passage] = field(default_factory=dict)
    asking: dict[ObjectRef, asyncio.Task[None]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    running: dict[tuple[str, bool], asyncio.Task[None]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def gates_of(self, version: str, *, soak: bool) -> tuple[Verdict, str]:
        """Return what the gates of a version say, and why."""
        return self.gates.get((version, soak), (Verdict.UNKNOWN, ""))

    def forget_passage(self, ref: ObjectRef) -> None:
        """Know nothing more of a Service: it is switched."""
        self.passages.pop(ref, None)
        if (asking := self.asking.pop(ref, None)) is not None:
            asking.cancel()

    @property
    def is_still(self) -> bool:
        """Whether nothing that writes runs in the background."""
        return all(task.done() for task in self.running.values())

    async def close(self) -> None:
        """End what runs in the background."""
        tasks = [*self.running.values(), *self.asking.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
