"""Who runs this process, and whether another process of ours still runs."""

from __future__ import annotations

from typing import Protocol

from fairlead.domain.locking import Holder


class WhoAmI(Protocol):
    """The identity of this process, and what can be said of others on this machine."""

    def me(self) -> Holder:
        """Return who runs this process, where, and as which process."""
        ...

    def is_dead(self, holder: Holder) -> bool:
        """Return whether that process is known to have ended; False also when nobody here can tell."""
        ...
