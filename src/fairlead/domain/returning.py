"""Which deployment a release goes back to when nobody names one, and what going back must not do by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fairlead.domain.changes import Action, ReleasePlan
from fairlead.domain.config import EnvRef, SecretRef, ValueEntry
from fairlead.domain.pruning import PRECIOUS
from fairlead.domain.records import Recorded
from fairlead.domain.valuepaths import parse_path

NOTHING: Final = 0
"""The number that stands for what was before the first deployment: nothing of the release."""

SPARED: Final = "nobody agreed to delete it"


def last_good(deployments: Sequence[Recorded], present: int, *, rejected: str = "") -> Recorded | None:
    """Return the last deployment that succeeded before number `present`; None when none did.

    Where the present is itself a return, what counts is what was before the deployment that it returned to: going back
    twice leads further back, never to what was just rejected. A return that failed is tried again. What had the inputs
    `rejected` is left out: the release is held against it.
    """
    by_number = {one.number: one for one in deployments}
    limit, now = present, by_number.get(present)
    while now is not None and now.deployment.returns_to:
        to = now.deployment.returns_to
        good = now.deployment.outcome.is_good
        limit, now = (to, by_number.get(to)) if good else (to + 1, None)
    return max(
        (one for one in deployments if one.number < limit and _is_good(one, rejected)), key=_number, default=None
    )


def spared(plan: ReleasePlan) -> ReleasePlan:
    """Return a plan that nobody has looked at without the deletions that need a person: volumes, namespaces, kinds."""
    changes = tuple(
        replace(change, action=Action.SKIP, reason=SPARED)
        if change.action is Action.DELETE and change.ref.group_kind in PRECIOUS
        else change
        for change in plan.changes
    )
    return replace(plan, changes=changes)


def secret_values(entries: Sequence[ValueEntry], values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the texts in a chart's recorded values that stand where a secret is declared today."""
    keys = (parse_path(entry.key) for entry in entries if isinstance(entry.source, SecretRef | EnvRef))
    found = (_at(values, path) for path in keys)
    return tuple(text for text in found if isinstance(text, str) and text)


def _at(values: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        if isinstance(step, int):
            values = values[step] if isinstance(values, Sequence) and step < len(values) else None
        else:
            values = values.get(step) if isinstance(values, Mapping) else None
    return values


def _is_good(one: Recorded, rejected: str) -> bool:
    deployment = one.deployment
    is_rejected = bool(rejected) and deployment.revision.inputs_digest == rejected
    return deployment.outcome.is_good and deployment.returns_to != NOTHING and not is_rejected


def _number(one: Recorded) -> int:
    return one.number
