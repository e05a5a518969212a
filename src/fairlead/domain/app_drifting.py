"""What others did to an object of a version: fields that were ours, and are otherwise now.

Whoever changes a field takes it over, says its `managedFields`. So what still is ours stands as we wrote it, whatever
form the server gave it; and of what we never applied, such as a Service that was adopted, nothing is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fairlead.domain import managed_fields
from fairlead.domain.autoscaling import REPLICAS
from fairlead.domain.differences import Difference, counterpart, differences, projection
from fairlead.domain.manifests import JsonObject
from fairlead.domain.marks import FAIRLEAD_MANAGER
from fairlead.domain.masking import is_secret
from fairlead.domain.normalising import visible
from fairlead.domain.reading import text

_SERVICE: Final = "Service"
SELECTOR: Final = ("spec", "selector")


def drift(wanted: JsonObject, live: Mapping[str, Any], *, scaled: bool = False) -> tuple[Difference, ...]:
    """Return which fields of a live object are not as a version wants them, by the hand of others.

    The number of pods counts whoever wrote it, unless it is `scaled`: then an autoscaler says how many. So does where a
    Service leads. Of a Secret the labels and annotations count: its data cannot change, and nobody needs to read it.
    """
    before, after = visible(live), visible(wanted)
    if is_secret(wanted):
        before, after = ({"metadata": one["metadata"]} for one in (before, after))
    found = differences(projection(before, after), after)
    return tuple(one for one in found if _is_others(one, wanted, live, scaled=scaled))


def scaled_names(autoscalers: Iterable[JsonObject]) -> frozenset[str]:
    """Return the names of the Deployments whose number of pods autoscalers say."""
    return frozenset(text(one, "spec", "scaleTargetRef", "name") for one in autoscalers)


def _is_others(found: Difference, wanted: JsonObject, live: Mapping[str, Any], *, scaled: bool) -> bool:
    if found.steps == REPLICAS:
        return not scaled
    if wanted["kind"] == _SERVICE and found.steps[:2] == SELECTOR:
        return True
    if managed_fields.applied_fields(live, FAIRLEAD_MANAGER) is None:
        return False
    place = counterpart(wanted, live, found.steps)
    if place is None:
        return bool(found.new)  # what says nothing is not kept
    return not managed_fields.is_written_by(live, place, FAIRLEAD_MANAGER)
