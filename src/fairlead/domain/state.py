"""What the cluster remembers of a release: the document in its state Secret (docs/topics/records.md).

Every change is a new value; who stores it does so by compare-and-swap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fairlead.domain.hooks import Fingerprints
from fairlead.domain.identity import ObjectRef
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.locking import Lock
from fairlead.domain.records import Recorded, object_ref_from

VERSION: Final = 1
_KNOWN: Final = frozenset(
    {"version", "fence", "number", "lock", "inventory", "claims", "hold", "inputsDigest", "deployments", "hooks"}
    | {"forms"}
)


Form = tuple[str, str]
"""What the server makes of an object: the digests of what was sent, and of the fields that our manager then owns."""


class StateUnreadable(ValueError):
    """What is stored is no state document of ours; the text says why."""


class StateTooNew(StateUnreadable):
    """A newer Fairlead wrote the document, and this one could lose what it does not know."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The release stays at deployment `number`: these inputs must not be applied. `since` is an RFC 3339 time."""

    number: int
    inputs_digest: str
    by: str
    since: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return the form of `held`, which is the stored form too."""
        return {
            "number": self.number,
            "inputsDigest": self.inputs_digest,
            "by": self.by,
            "since": self.since,
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Hold:
        """Read the stored form; KeyError or ValueError when it is none."""
        inputs, by, since, reason = (str(stored[name]) for name in ("inputsDigest", "by", "since", "reason"))
        return cls(int(stored["number"]), inputs, by, since, reason)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Inputs that a deployment turns away from, and why."""

    inputs_digest: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """What is remembered of a release between runs.

    `claims` is the write-ahead inventory: identities that a run said it would create and did not confirm. Such an
    object is ours only if it carries our marks. `fence` and `number` are the highest ever given. `inputs_digest` is of
    the last deployment that succeeded. `deployments` are the last ones, oldest first. `hooks` are of the last
    deployment that succeeded, None when they are not known. `forms` are what the server makes of what is sent, where it
    changes it. `unknown` are fields of the document that this version has no name for; they are kept.
    """

    inventory: Inventory = field(default_factory=Inventory)
    claims: tuple[ObjectRef, ...] = ()
    lock: Lock | None = None
    fence: int = 0
    number: int = 0
    hold: Hold | None = None
    inputs_digest: str = ""
    deployments: tuple[Recorded, ...] = ()
    hooks: Fingerprints | None = None
    forms: frozenset[Form] = frozenset()
    unknown: Mapping[str, Any] = field(default_factory=dict)

    @property
    def last(self) -> Recorded | None:
        """The last deployment that was recorded."""
        return self.deployments[-1] if self.deployments else None

    @property
    def is_chart(self) -> bool:
        """Whether a chart was deployed, so that Helm has records of it."""
        return any(one.chart is not None for one in self.deployments)

    @property
    def was_app(self) -> bool:
        """Whether an app was deployed, so that there may be a unit."""
        return any(one.deployment.version for one in self.deployments)

    def was_chart(self, *, otherwise: bool) -> bool:
        """Whether what was deployed last was a chart; `otherwise` counts where no deployment was recorded."""
        return otherwise if self.last is None else self.last.chart is not None

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            **self.unknown,
            "version": VERSION,
            "fence": self.fence,
            "number": self.number,
            "lock": self.lock.to_json() if self.lock else None,
            "inventory": [entry.to_json() for entry in self.inventory],
            "claims": [claim.to_json() for claim in self.claims],
            "hold": self.hold.to_json() if self.hold else None,
            "inputsDigest": self.inputs_digest,
            "deployments": [one.to_stored() for one in self.deployments],
            "hooks": self.hooks,
            "forms": [list(form) for form in sorted(self.forms)],
        }

    @classmethod
    def from_json(cls, stored: Any) -> ReleaseState:
        """Read the stored form.

        Raises:
            StateUnreadable: it is none; StateTooNew: a later version wrote it.
        """
        if not isinstance(stored, Mapping) or not isinstance(stored.get("version"), int):
            raise StateUnreadable("it has no version")
        if stored["version"] > VERSION:
            raise StateTooNew(f"it has version {stored['version']}, and this Fairlead knows {VERSION}")
        try:
            return _read(stored)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise StateUnreadable(f"{type(error).__name__}: {error}") from None


@dataclass(frozen=True, slots=True)
class Stored:
    """A state and the version it has in the cluster, by which it is swapped. No version: nothing is stored."""

    state: ReleaseState = field(default_factory=ReleaseState)
    version: str = ""
    uid: str = ""


def remembered(deployments: Iterable[Recorded]) -> tuple[Recorded, ...]:
    """Return deployments in order, each number once. None is left out: only who removes its record may forget it."""
    by_number = {one.number: one for one in deployments}
    return tuple(by_number[number] for number in sorted(by_number))


def _read(stored: Mapping[str, Any]) -> ReleaseState:
    return ReleaseState(
        Inventory(tuple(InventoryEntry.from_json(entry) for entry in stored["inventory"])),
        tuple(object_ref_from(claim) for claim in stored["claims"]),
        None if stored["lock"] is None else Lock.from_json(stored["lock"]),
        int(stored["fence"]),
        int(stored["number"]),
        None if stored["hold"] is None else Hold.from_json(stored["hold"]),
        str(stored["inputsDigest"]),
        tuple(Recorded.from_stored(one) for one in stored["deployments"]),
        None if stored.get("hooks") is None else {str(name): str(value) for name, value in stored["hooks"].items()},
        frozenset((str(sent), str(live)) for sent, live in stored.get("forms", ())),
        {name: value for name, value in stored.items() if name not in _KNOWN},
    )
