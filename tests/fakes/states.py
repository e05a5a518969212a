"""States and records, as short as tests want to say them."""

from __future__ import annotations

from typing import Any

from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.health import HealthState
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision
from fairlead.domain.inventory import Inventory, InventoryEntry
from fairlead.domain.locking import Lock, Phase
from fairlead.domain.records import ObjectOutcome, Record, Recorded
from tests.fakes.whoami import ANN

KEY = ReleaseKey("test", "c", "default", "web")
REF = ObjectRef("v1", "ConfigMap", "default", "settings")
HOLDER = ANN
INVENTORY = Inventory((InventoryEntry(REF, "u-1"),))


def recorded(number: int = 1, *, key: ReleaseKey = KEY, outcome: Outcome = Outcome.SUCCEEDED, **more: Any) -> Recorded:
    """Return the summary of a deployment."""
    deployment = Deployment(
        key,
        outcome,
        Revision(Commit("c0ffee", dirty=True), "sha256:in", "sha256:out"),
        "sha256:plan",
        summary={"create": 1},
        health=HealthState.CURRENT,
        duration=1.5,
        number=number,
    )
    times = ("2026-11-21T12:00:00Z", "2026-11-21T12:00:02Z")
    return Recorded(deployment, *times, "ann", "laptop", "1.2.3", **more)


def record(number: int = 1, *, key: ReleaseKey = KEY, **more: Any) -> Record:
    """Return a whole record of one ConfigMap."""
    manifests = more.pop("manifests", ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}},))
    objects = (ObjectOutcome(REF, "create", done=True),)
    return Record(recorded(number, key=key, objects=objects), manifests=manifests, **more)


def lock(run: str = "run-1", *, fence: int = 1, phase: Phase = Phase.WRITING, **more: Any) -> Lock:
    """Return a lock that Ann's laptop holds."""
    return Lock(
        run, fence, phase, more.pop("holder", HOLDER), f"fairlead-{run}", "2026-11-21T12:00:00Z", number=1, **more
    )
