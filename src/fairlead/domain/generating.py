"""What a chart makes anew at each rendering: random text, certificates, dates. Found by rendering twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fairlead.domain.differences import differences
from fairlead.domain.identity import ObjectRef
from fairlead.domain.json_patch import format_pointer
from fairlead.domain.normalising import normalised
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.saved_plans import SavedRelease

WHOLE: Final = ""
"""The place of an object that another rendering does not have at all."""

Generated = Mapping[ObjectRef, tuple[str, ...]]
"""By object, the JSON Pointers of the fields that another rendering of the same inputs gave another value."""


def generated(first: RenderedRelease, second: RenderedRelease) -> Generated:
    """Return what differs between two renderings of one release."""
    again = {manifest.ref: manifest.data for manifest in second.everything}
    found: dict[ObjectRef, tuple[str, ...]] = {}
    for manifest in first.everything:
        other = again.get(manifest.ref)
        if other is None:
            found[manifest.ref] = (WHOLE,)
        elif places := [one.steps for one in differences(normalised(manifest.data), normalised(other))]:
            found[manifest.ref] = tuple(format_pointer(steps) for steps in places)
    return found


def unpinnable(saved: SavedRelease, first: RenderedRelease, second: RenderedRelease) -> Generated:
    """Return what of a release will be another at each rendering, although a saved plan fixes all that it may hold."""
    return generated(first, saved.refill(second))
