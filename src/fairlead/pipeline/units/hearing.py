"""Hears what happens to the units of a run's releases, and tells those who listen to the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fairlead.domain.changes import ReleasePlan
from fairlead.domain.events import RolloutMoved, RolloutTold
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.unit_news import LogLine, Progressed, UnitNews
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.planning import unit_key
from fairlead.ports.events import EventSink


@dataclass(frozen=True, slots=True)
class Hearing:
    """Takes news of units. `last` is what each did when it was heard of last, in words."""

    keys: Mapping[UnitKey, ReleaseKey]
    events: EventSink
    last: dict[UnitKey, str] = field(default_factory=dict)

    @classmethod
    def of(cls, plans: Iterable[ReleasePlan], events: EventSink) -> Hearing:
        """Return what hears of the units of planned releases."""
        return cls({unit_key(plan.key): plan.key for plan in plans}, events)

    def announce(self, news: UnitNews) -> None:
        """Take one piece of news; what belongs to no release of the run concerns nobody here."""
        match news:
            case LogLine(key=key, text=text) if text and key in self.keys:
                self.events.emit(RolloutTold(self.keys[key], text))
            case Progressed(key=key, at=at, phase=phase, progress=now) if key in self.keys:
                doing = f"{phase}: {now.doing}" if now.doing else str(phase)
                self.last[key] = f"{doing}: {now.trouble}" if now.trouble else doing
                self.events.emit(RolloutMoved(self.keys[key], doing, now.trouble, now.left(at)))
            case _:
                return
