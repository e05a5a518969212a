"""Who writes to a release, as the lock in its state says, and whether another run may take over.

What it means for people: docs/topics/records.md, "One writer".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

FORGOTTEN_AFTER: Final = timedelta(hours=1)
"""A Lease that says of itself that it was not renewed for so long is cleared away, whoever made it: clocks may differ,
but hardly by that much."""
LEASE_SECONDS: Final = 15.0
"""A Lease that an observer sees unchanged for so long belongs to a run that is gone."""
RENEW_SECONDS: Final = 5.0
TRUSTED_SECONDS: Final = 10.0
"""So long after its last renewal a run may still write; less than observers wait, so that the two never overlap."""


class Phase(StrEnum):
    """What the holder of a lock does: it writes, or it only waits for health."""

    WRITING = "writing"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Holder:
    """The process behind a run. `boot` is the identity of the machine's boot, `started` tells reused pids apart."""

    who: str
    host: str
    boot: str
    pid: int
    started: str
    tool_version: str

    def __str__(self) -> str:
        return f"{self.who} on {self.host} (process {self.pid})"

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "who": self.who,
            "host": self.host,
            "boot": self.boot,
            "pid": self.pid,
            "started": self.started,
            "toolVersion": self.tool_version,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Holder:
        """Read the stored form; KeyError or ValueError when it is none."""
        texts = [str(stored[name]) for name in ("who", "host", "boot", "started", "toolVersion")]
        who, host, boot, started, version = texts
        return cls(who, host, boot, int(stored["pid"]), started, version)


@dataclass(frozen=True, slots=True)
class Lock:
    """One run's hold on a release.

    `fence` grows with every taking, so that a write can be told from one of an earlier holder. `lease` is the name of
    the Lease, in the release's namespace, that says whether the holder lives. `number` is that of the deployment under
    way, `since` (RFC 3339) when it began, `commit` and `inputs_digest` what it deploys.
    """

    run: str
    fence: int
    phase: Phase
    holder: Holder
    lease: str
    since: str
    number: int
    commit: str | None = None
    inputs_digest: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "run": self.run,
            "fence": self.fence,
            "phase": self.phase.value,
            "holder": self.holder.to_json(),
            "lease": self.lease,
            "since": self.since,
            "number": self.number,
            "commit": self.commit,
            "inputsDigest": self.inputs_digest,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Lock:
        """Read the stored form; KeyError or ValueError when it is none."""
        commit = stored.get("commit")
        return cls(
            str(stored["run"]),
            int(stored["fence"]),
            Phase(stored["phase"]),
            Holder.from_json(stored["holder"]),
            str(stored["lease"]),
            str(stored["since"]),
            int(stored["number"]),
            None if commit is None else str(commit),
            str(stored.get("inputsDigest") or ""),
        )


class Relation(StrEnum):
    """How what we deploy stands to what the holder deploys, as Git tells."""

    NEWER = "newer"
    OLDER = "older"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Take:
    """The lock may be taken: it is free, its holder is gone, or it only waits and we are newer."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The holder lives and writes."""


@dataclass(frozen=True, slots=True)
class TooOld:
    """The holder lives and deploys what came after ours."""


Verdict = Take | Wait | TooOld


def may_take(lock: Lock | None, *, alive: bool, relation: Relation) -> Verdict:
    """Return whether a run may take a lock from whoever holds it."""
    if lock is None or not alive:
        return Take()
    if relation is Relation.OLDER:
        return TooOld()
    return Take() if lock.phase is Phase.WAITING else Wait()


@dataclass(frozen=True, slots=True)
class Heard:
    """What an observer knows of a holder's Lease: its version, and since when (monotonic seconds) it is that one."""

    version: str
    since: float

    def then(self, version: str, now: float) -> Heard:
        """Return what is known after another look."""
        return self if version == self.version else Heard(version, now)

    def is_silent(self, now: float) -> bool:
        """Whether nothing was heard for so long that the holder must be gone."""
        return now - self.since >= LEASE_SECONDS


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """A run's Lease as it was found. `version` is its resource version; what it does not tell legibly is None."""

    lease: str
    uid: str
    version: str
    holder: Holder | None
    renewed: datetime | None

    def is_forgotten(self, now: datetime) -> bool:
        """Whether whoever left it has long been gone, as far as one can tell from its own time alone."""
        return self.renewed is not None and now - self.renewed >= FORGOTTEN_AFTER
