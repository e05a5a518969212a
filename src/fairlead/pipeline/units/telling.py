"""Tells who listens what becomes of a unit: phases entered, versions changed, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.following import Progress, progress, standing
from fairlead.domain.rollout.observation import Observation
from fairlead.domain.rollout.phases import Phase, VersionState
from fairlead.domain.unit_news import LogLine, Progressed, StateEntered, UnitNews, VersionChanged
from fairlead.domain.units import UnitKey
from fairlead.ports.clock import Clock
from fairlead.ports.events import UnitSink

FOLLOWED: Final = frozenset(
    {
        Phase.CREATING,
        Phase.WARMING,
        Phase.VERIFYING,
        Phase.AWAITING,
        Phase.STAGING,
        Phase.CONFIRMING,
        Phase.REVERTING,
        Phase.UNDEPLOYING,
    }
)
"""The phases that last, of which a look shows how far they are."""


@dataclass(slots=True)
class Telling:
    """What was told last of a unit, so that nothing is told twice."""

    key: UnitKey
    sink: UnitSink
    clock: Clock
    _last: tuple[Phase, str, str] | None = None

    def moved(self, anchors: Sequence[Anchor]) -> None:
        """Tell what is news from each anchor to the next one."""
        for old, new in pairwise(anchors):
            at = self.clock.now()
            for news in changes_of(self.key, old, new, at):
                self.sink.announce(news)
            if _step(old) != _step(new):
                about = _about(new) or _about(old)
                self._tell(new, progress(new), about, entered=(old.phase, _intent(old)) != (new.phase, _intent(new)))

    def looked(self, anchor: Anchor, observation: Observation) -> None:
        """Tell what a look shows of a phase that lasts."""
        self._tell(anchor, progress(anchor, observation), _about(anchor))

    def noted(self, anchor: Anchor, notes: list[str]) -> None:
        """Tell what was noted for people, once."""
        while notes:
            self.sink.announce(LogLine(self.key, self.clock.now(), _about(anchor), notes.pop(0)))

    def _tell(self, anchor: Anchor, now: Progress, deployment: str, *, entered: bool = False) -> None:
        said = (anchor.phase, now.doing, now.trouble)
        if said == self._last and not entered:
            return
        self._last, at = said, self.clock.now()
        if entered or now.doing:
            self.sink.announce(LogLine(self.key, at, deployment, now.told(anchor.phase, at), _blocked(anchor)))
        self.sink.announce(Progressed(self.key, at, deployment, anchor.phase, _version(anchor), now))


def changes_of(key: UnitKey, old: Anchor, new: Anchor, at: datetime) -> Iterator[UnitNews]:
    """Yield which versions changed between two anchors, and the phase that was entered."""
    before = {one.name: one.state for one in old.versions}
    for one in new.versions:
        if before.get(one.name, VersionState.ABSENT) is not one.state:
            yield VersionChanged(key, at, one.deployment, one.name, one.state)
            reason = one.reason if one.state is VersionState.FAILED else ""
            yield LogLine(key, at, one.deployment, standing(one), reason)
    if _step(old) != _step(new):
        candidate = new.candidate or old.candidate
        deployment, version = (candidate.deployment, candidate.version) if candidate is not None else ("", "")
        yield StateEntered(key, at, deployment, new.phase, version, _blocked(new))


def _step(anchor: Anchor) -> tuple[object, ...]:
    return anchor.phase, anchor.part, anchor.since


def _about(anchor: Anchor) -> str:
    """Return the deployment that something is done for, empty for none."""
    asked = anchor.candidate or anchor.undeploy
    return asked.deployment if asked is not None else ""


def _version(anchor: Anchor) -> str:
    return anchor.candidate.version if anchor.candidate is not None else ""


def _intent(anchor: Anchor) -> str:
    return anchor.candidate.intent if anchor.candidate is not None else ""


def _blocked(anchor: Anchor) -> str:
    return anchor.blocked.explanation if anchor.blocked is not None else ""
