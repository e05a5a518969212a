"""How long a driver waits between two looks, and what the next one has to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairlead.pipeline.units.anchoring import Held
from fairlead.pipeline.units.observing import Library
from fairlead.pipeline.units.stepping import awaited_of, due_at, has_pods
from fairlead.pipeline.units.waking import LOOK_SECONDS, Waking
from fairlead.ports.clock import Clock

PAUSE_SECONDS: Final = 0.2  # after something was not as expected; doubles up to LOOK_SECONDS


@dataclass(slots=True)
class Rest:
    """The pauses of one driver.

    `idle` counts those after which nothing had moved. `is_sure` says that the last look was true, and what came after
    it was seen by a watch: who waited in vain looks everything up afresh.
    """

    waking: Waking
    clock: Clock
    idle: int = 0
    is_sure: bool = False

    async def unless_told(self, held: Held, library: Library) -> None:
        """Look again at once, unless watches tell already that nothing is there yet of what was asked for."""
        if self.waking.has(awaited_of(held.anchor, library)) is False:
            await self.until_due(held, library, is_asking=False)
        self.idle = 0

    async def until_due(self, held: Held, library: Library, *, is_asking: bool) -> None:
        """Wait for a change, or until a time is over that the anchor tells.

        Who has asked for something and sees no change asks again, less and less often. So does who has all pods and
        waits for what their watches do not show, their health; and who did not see pods that a watch has. That one more
        of too few pods is ready changes nothing.
        """
        awaited = awaited_of(held.anchor, library)
        is_behind = self.waking.has(awaited) is True
        is_asking = is_asking or is_behind or has_pods(held.anchor)
        seconds = min(LOOK_SECONDS, PAUSE_SECONDS * 2**self.idle) if is_asking else LOOK_SECONDS
        due = due_at(held.anchor)
        left = 0.0 if due is None else (due - self.clock.now()).total_seconds()
        self.idle = min(self.idle + 1, 8)
        heard = await self.waking.wait(
            self.clock,
            min(seconds, left) if left > 0 else seconds,
            held.stored.version,
            awaited,
        )
        self.is_sure = self.is_sure and heard and not is_behind
