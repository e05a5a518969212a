"""How often each caller may ask: a bucket for each that fills again, and a bound on how many buckets there are."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from fairlead.domain.errors import Problem, Transient


@dataclass(slots=True)
class Rates:
    """`burst` requests at once, and `per_second` on and on. Beyond `most` callers, those heard of longest ago go."""

    burst: float = 400.0
    per_second: float = 100.0
    most: int = 10_000
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, who: str, now: float) -> None:
        """Count a request; `now` is in seconds that never jump.

        Raises:
            Transient: it is one too many (`tooManyRequests`).
        """
        left, since = self._buckets.get(who, (self.burst, now))
        left = min(self.burst, left + (now - since) * self.per_second) - 1
        self._buckets[who] = (max(left, 0.0), now)
        self._buckets.move_to_end(who)
        if len(self._buckets) > self.most:
            self._buckets.popitem(last=False)
        if left < 0:
            message = f"more than {self.per_second:g} requests a second"
            problem = Problem("tooManyRequests", message, remedy="wait for the seconds of Retry-After, or use a stream")
            raise Transient(problem, delay_seconds=1.0)
