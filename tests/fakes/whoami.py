"""Somebody who runs a process, and says of others whether they have died."""

from __future__ import annotations

from fairlead.domain.locking import Holder

ANN = Holder("ann", "laptop", "boot-1", 4711, "12345", "1.2.3")


class FakeWhoAmI:
    """Is `holder`; `dead` lists the processes that are known to have ended."""

    def __init__(self, holder: Holder = ANN) -> None:
        self.holder = holder
        self.dead: set[Holder] = set()

    def me(self) -> Holder:
        return self.holder

    def is_dead(self, holder: Holder) -> bool:
        return holder in self.dead
