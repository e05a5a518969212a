"""A second run, of Bob's, that takes over a release while the first believes that it holds it."""

from __future__ import annotations

from dataclasses import replace

from fairlead.adapters.statestore.store import SecretStateStore
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.locking import Holder
from fairlead.domain.state import ReleaseState, Stored

BOB = Holder("bob", "ci", "boot-2", 17, "99", "1.2.3")


class Overtaken(SecretStateStore):
    """A memory in which another run takes over right after the lock was taken, though its holder seems to live."""

    async def swap(self, key: ReleaseKey, old: Stored, new: ReleaseState) -> Stored | None:
        ours = await super().swap(key, old, new)
        mine = ours.state.lock if ours is not None else None
        if ours is not None and mine is not None and mine.holder != BOB:
            lock = replace(mine, run="other", fence=mine.fence + 1, holder=BOB)
            await super().swap(key, ours, replace(ours.state, lock=lock, fence=lock.fence))
        return ours
