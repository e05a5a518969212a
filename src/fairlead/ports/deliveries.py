"""Where accepted deliveries wait until they were acted on.

Guarantees: what `accept` returned for is on disk and survives a kill of the process or of the machine; the same
delivery is taken once (of those about a branch, the last one is remembered); announcements of one subject are handed
out together, one of each tag or branch, the newest; what was handed out stays until `done` says otherwise, so that
everything is acted on at least once. With an image comes when its tags were pushed, also those acted on long ago.
Errors: `OperationFailed` with code `queueFailed` when the disk is full or cannot be written; nothing was accepted then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from fairlead.domain.webhooks.deliveries import Announcement, Delivery, ImagePushed

MOST_EARLIER: Final = 100  # tags of one image


@dataclass(frozen=True, slots=True)
class Work:
    """All that waits for one subject: an image, or a repository. `mark` tells it from what comes later.

    `earlier` are the newest tags of an image that were announced with a time, acted on or not, newest first.
    """

    subject: str
    announcements: tuple[Announcement, ...]
    mark: int
    earlier: tuple[ImagePushed, ...] = ()


class DeliveryQueue(Protocol):
    """A queue on disk, of one process."""

    async def accept(self, delivery: Delivery) -> bool:
        """Store a delivery; False when it was taken before."""
        ...

    async def waiting(self, limit: int) -> tuple[Work, ...]:
        """Return up to `limit` subjects that have waited longest."""
        ...

    async def done(self, work: Work) -> None:
        """Remove what was acted on; what was announced meanwhile stays."""
        ...

    async def close(self) -> None:
        """Store what is under way and close."""
        ...
