"""How long a server has said nothing, as all requests to it have found out together.

Each request has patience of its own. But hundreds of them must not spend it one after the other on a server that is
gone (a deletion of a hundred releases would hang for as many half minutes), nor all ask it all the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairlead.adapters.kubernetes.responses import read_status
from fairlead.doors.dial import Response
from fairlead.doors.dial_failures import Unreachable

_WHILE_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 1.0


@dataclass(slots=True)
class Silence:
    """One server's silence. Times are monotonic seconds; `since` is None while it speaks.

    A page that some proxy in between shows in its place is silence, too. `told` is how the last attempt went, `asked`
    when one was begun.
    """

    since: float | None = None
    asked: float = 0.0
    told: Response | Unreachable | None = None

    def note(self, reply: Response | Unreachable, now: float) -> None:
        """Learn from an attempt that has just ended."""
        if _is_answer(reply):
            self.broken()
            return
        self.since = now if self.since is None else self.since
        self.told = reply

    def broken(self) -> None:
        """Learn that the server speaks."""
        self.since = self.told = None

    def lasted(self, now: float) -> float:
        """Return for how many seconds the server has said nothing, 0 while it speaks."""
        return 0.0 if self.since is None else now - self.since

    def foregone(self, now: float) -> Response | Unreachable | None:
        """Return what another attempt would only find out anew; None when it is worth one, which then must be made."""
        if self.lasted(now) >= _WHILE_SECONDS and now - self.asked < _AGAIN_SECONDS:
            return self.told
        self.asked = now
        return None


def _is_answer(reply: Response | Unreachable) -> bool:
    return isinstance(reply, Response) and (reply.status < 500 or read_status(reply) is not None)
