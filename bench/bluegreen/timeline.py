"""When a driver said what, by the same clock as the load's answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.connections import wall_clock
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.unit_news import DeploymentEnded, StateEntered, UnitNews


@dataclass(slots=True)
class Timeline:
    """Takes the news of units, and the events of releases, which nobody looks at here. Times: seconds since 1970."""

    now: Callable[[], float] = field(default_factory=wall_clock)
    outcomes: dict[str, str] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)
    _entered: dict[tuple[str, Phase], float] = field(default_factory=dict)

    def asked(self, deployment: str) -> None:
        """Note that a deployment is asked for now."""
        self._asked[deployment] = self.now()

    def announce(self, news: UnitNews) -> None:
        """Note when a deployment first entered a phase, and how it ended."""
        match news:
            case StateEntered():
                self._entered.setdefault((news.deployment, news.phase), self.now())
            case DeploymentEnded():
                self.outcomes[news.deployment] = news.outcome.value
            case _:
                pass

    def emit(self, event: object) -> None:
        """Take an event of a release."""

    def requested(self, deployment: str) -> float:
        """Return when it was asked for."""
        return self._asked[deployment]

    def switched(self, deployment: str) -> float:
        """Return when its switch was decided: nothing has been written yet then."""
        return self._entered[deployment, Phase.SWITCHING]

    def confirmed(self, deployment: str) -> float:
        """Return when its switch was confirmed."""
        return self._entered[deployment, Phase.SOAKING]
