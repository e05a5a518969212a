"""What a version consists of, as it is stored beside the anchor: enough to make it, restore it and remove it.

Any driver works from this alone: without the server's store, and also after the descriptor was changed or lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.manifests import JsonObject

_LISTS = ("configuration", "services", "budgets", "autoscalers", "routes", "previews", "outside")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The objects of one version and, as they are while it is live, those of its unit.

    `workloads` are Deployments by the name of the workload, which stays the same from version to version. `routes` are
    the stable Services, `previews` the preview Services, `outside` what leads to the unit from outside (its Ingress).
    `descriptor` and `variables` are what it was made of; None and empty for what was adopted. `evidence` is what was
    kept of its failure, None while there is none.
    """

    version: str
    digest: str
    configuration: tuple[JsonObject, ...] = field(default=(), repr=False)
    services: tuple[JsonObject, ...] = field(default=(), repr=False)
    workloads: Mapping[str, JsonObject] = field(default_factory=dict, repr=False)
    budgets: tuple[JsonObject, ...] = field(default=(), repr=False)
    autoscalers: tuple[JsonObject, ...] = field(default=(), repr=False)
    routes: tuple[JsonObject, ...] = field(default=(), repr=False)
    previews: tuple[JsonObject, ...] = field(default=(), repr=False)
    outside: tuple[JsonObject, ...] = field(default=(), repr=False)
    descriptor: JsonObject | None = field(default=None, repr=False)
    variables: tuple[JsonObject, ...] = field(default=(), repr=False)
    evidence: JsonObject | None = field(default=None, repr=False)

    @property
    def own(self) -> tuple[JsonObject, ...]:
        """What exists before the switch, in the order in which it is created."""
        return (*self.configuration, *self.services, *self.budgets, *self.workloads.values())

    @property
    def deployments(self) -> Mapping[str, ObjectRef]:
        """Its Deployments by the name of the workload."""
        return {name: object_ref(each) for name, each in self.workloads.items()}

    @property
    def configured(self) -> frozenset[ObjectRef]:
        """Its configuration, which other versions may use as well."""
        return frozenset(map(object_ref, self.configuration))

    @property
    def ignores_readiness(self) -> bool:
        """Whether pods that run count as ready, because the descriptor says so."""
        return bool(self.descriptor and self.descriptor.get("ignoreReadiness"))

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        lists = {name: [dict(each) for each in getattr(self, name)] for name in _LISTS}
        return {
            "version": self.version,
            "digest": self.digest,
            **lists,
            "workloads": {name: dict(each) for name, each in self.workloads.items()},
            "descriptor": None if self.descriptor is None else dict(self.descriptor),
            "variables": [dict(each) for each in self.variables],
            "evidence": None if self.evidence is None else dict(self.evidence),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Contents:
        """Read the stored form.

        Raises:
            OperationFailed: it is none (`anchorInvalid`).
        """
        try:
            return cls(
                version=str(stored["version"]),
                digest=str(stored["digest"]),
                workloads=dict(stored["workloads"]),
                descriptor=stored["descriptor"],
                variables=tuple(stored["variables"]),
                evidence=stored["evidence"],
                **{name: tuple(stored[name]) for name in _LISTS},
            )
        except (KeyError, ValueError, TypeError) as error:
            problem = f"cannot read what a version consists of: {type(error).__name__}: {error}"
            raise OperationFailed(Problem("anchorInvalid", problem)) from None
