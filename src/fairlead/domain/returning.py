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


def last_good(deployments: Sequence[Recorded], present: int) -> Recorded | None:
    """Return the last deployment that succeeded before number `present`; None when none did.

    Where the present is itself a return, what counts is what was before the deployment that it returned to: going back
    twice leads further back, never to what was just rejected. A return that failed is tried again.
    """
    by_number = {one.number: one for one in deployments}
    limit, now = present, by_number.get(present)
    while now is not None and now.deployment.returns_to:
        to = now.deployment.returns_to
        good = now.deployment.outcome.is_good
        limit, now = (to, by_number.get(to)) if good else (to + 1, None)
    good_ones = (one for one in deployments if one.deployment.outcome.is_good and one.number < limit)
    return max((one for one in good_ones if one.deployment.returns_to != NOTHING), key=_number, default=None)


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


def _number(one: Recorded) -> int:
    return one.number
