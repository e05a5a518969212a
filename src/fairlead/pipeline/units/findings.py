"""What a driver has found out by acting, and the cluster does not show: checks that ran, probes that were answered.

It belongs to one driver. One that takes over has found out nothing yet, and asks anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead.domain.rollout.observation import AdoptionSeen, PreflightSeen, Verdict


@dataclass(slots=True)
class Findings:
    """What was found, by version where it is about one.

    `gates` are by version and whether they are those of its soak. `hopeless` says why pods will never be ready.
    """

    preflight: dict[str, PreflightSeen] = field(default_factory=dict)
    health: dict[str, Verdict] = field(default_factory=dict)
    hopeless: dict[str, str] = field(default_factory=dict)
    gates: dict[tuple[str, bool], tuple[Verdict, str]] = field(default_factory=dict)
    evidence: set[str] = field(default_factory=set)
    adoption: AdoptionSeen | None = None

    def gates_of(self, version: str, *, soak: bool) -> tuple[Verdict, str]:
        """Return what the gates of a version say, and why."""
        return self.gates.get((version, soak), (Verdict.UNKNOWN, ""))

    def forget(self, known: Mapping[str, object]) -> None:
        """Keep nothing of versions that are not known any more."""
        for found in (self.preflight, self.health, self.hopeless):
            for version in [version for version in found if version not in known]:
                del found[version]
        for pair in [pair for pair in self.gates if pair[0] not in known]:
            del self.gates[pair]
        self.evidence &= known.keys()
