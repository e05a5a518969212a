"""Takes the lock of one release: at once when it is free, and from a holder that is gone or only waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from fairlead.domain.bookkeeping import abandoned
from fairlead.domain.changes import ReleasePlan
from fairlead.domain.deployments import Outcome
from fairlead.domain.errors import Interrupted, Problem, Refused
from fairlead.domain.locking import Heard, Lock, Phase, Relation, Take, TooOld, Wait, may_take
from fairlead.domain.records import Recorded
from fairlead.domain.state import Stored
from fairlead.pipeline.engine import Engine
from fairlead.ports.statestore import StateStore

LOCK_TIMEOUT_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 1.0


@dataclass(slots=True)
class Taking:
    """The lock of one release, as a run sees it that wants it. `is_stopped` says that a signal asked the run to end."""

    plan: ReleasePlan
    engine: Engine
    is_stopped: Callable[[], bool]
    timeout_seconds: float = LOCK_TIMEOUT_SECONDS
    _heard: dict[str, Heard] = field(default_factory=dict)

    async def until_free(self, stored: Stored) -> Stored:
        """Return the state with a lock that may be taken, waiting as long as its holder writes.

        Raises:
            Refused: the holder still writes (`locked`), or deploys what came after ours (`olderThanRunning`).
            Interrupted: a signal ended the wait.
        """
        until = self.engine.clock.monotonic() + self.timeout_seconds
        while True:
            lock = stored.state.lock
            alive = lock is not None and await self._is_alive(lock) is not False
            relation = await self._relation(lock) if lock is not None and alive else Relation.NONE
            match may_take(lock, alive=alive, relation=relation):
                case Take():
                    return stored
                case TooOld():
                    raise self._refused("olderThanRunning", lock, "it deploys a later commit than this one")
                case Wait() if self.engine.clock.monotonic() >= until:
                    raise self._refused(
                        "locked", lock, f"it still writes after {self.timeout_seconds:.0f} s of waiting"
                    )
                case Wait() if self.is_stopped():
                    raise Interrupted(Problem("interrupted", "interrupted while another run held the release"))
                case Wait():
                    await self.engine.clock.sleep(_PAUSE_SECONDS)
                    stored = await self._store.read(self.plan.key)

    async def is_left_behind(self, lock: Lock) -> bool:
        """Return whether the holder is gone; waits until it gives a sign of life, or has given none for too long."""
        while True:
            alive = await self._is_alive(lock)
            if alive is not None or self.is_stopped():
                return alive is False
            await self.engine.clock.sleep(_PAUSE_SECONDS)

    async def left_by(self, lock: Lock | None) -> Recorded | None:
        """Return the deployment of the last holder, who did not end it: as recorded, or as far as is known."""
        if lock is None:
            return None
        use = self.plan.rendered.use
        record = await self._store.record(self.plan.key, lock.number) if use is None else None
        if record is not None:
            return record.recorded
        deployed = use.past.deployed if use is not None else None
        if deployed is not None and deployed.revision == lock.number:
            return abandoned(lock, self.plan.key, outcome=Outcome.SUCCEEDED)  # Helm's record of it was finished
        superseded = lock.phase is Phase.WAITING and await self._is_alive(lock) is not False
        return abandoned(lock, self.plan.key, outcome=Outcome.SUPERSEDED if superseded else Outcome.INTERRUPTED)

    async def _is_alive(self, lock: Lock) -> bool | None:
        """Return whether the holder lives; None while nobody can tell."""
        if self.engine.whoami.is_dead(lock.holder):
            return False
        version = await self._store.heard(self.plan.key.namespace, lock.lease)
        if version is None:
            return False
        now, before = self.engine.clock.monotonic(), self._heard.get(lock.lease)
        self._heard[lock.lease] = Heard(version, now) if before is None else before.then(version, now)
        if before is not None and before.version != version:
            return True
        return False if self._heard[lock.lease].is_silent(now) else None

    async def _relation(self, lock: Lock) -> Relation:
        if self.plan.returns_to is not None:  # going back is the newest intent, however old what it goes back to
            return Relation.NONE
        ours = self.plan.revision.source.commit
        if lock.commit is None or ours is None or lock.commit == ours:
            return Relation.NONE
        if await self.engine.ancestry(ours, lock.commit):
            return Relation.OLDER
        return Relation.NEWER if await self.engine.ancestry(lock.commit, ours) else Relation.NONE

    def _refused(self, code: str, lock: Lock | None, why: str) -> Refused:
        holder = f"{lock.holder}, since {lock.since}" if lock is not None else "nobody"
        message = f"{self.plan.key} is being deployed by {holder}: {why}"
        return Refused(Problem(code, message, remedy="wait until that run has ended, then plan again"))

    @property
    def _store(self) -> StateStore:
        return self.engine.store(self.plan.key)
