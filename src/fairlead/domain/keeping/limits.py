"""How much is kept, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of everything that is kept, by count and by age; sizes in bytes.

    What is over goes oldest first. What stays whatever its age: the newest deployment and the descriptor changed last
    of a unit, and every deployment that runs in a cluster or is under way; where only such are left, a new one is
    refused (`storeFull`), as is a descriptor beyond `descriptors`. A deployment's age counts from its end. A journal
    goes before the deployment it belongs to.
    A request that was done once is remembered for `request_age`, and while the deployment that it began is under way.
    What strangers were refused fills a small part of the audit log, so that nobody can wash the rest out of it.
    """

    deployments: int = 100_000
    deployments_of_a_unit: int = 100
    deployment_age: timedelta = timedelta(days=365)
    descriptors: int = 20_000
    descriptors_of_a_unit: int = 50
    journal: int = 4 << 20
    journals: int = 1 << 30
    requests: int = 100_000
    request_age: timedelta = timedelta(days=1)
    audit_entries: int = 500_000
    audit_strangers: int = 20_000
    audit_age: timedelta = timedelta(days=400)
    tokens: int = 10_000
    token_age: timedelta = timedelta(days=90)
