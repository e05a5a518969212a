"""Objects without their secret values, and with those of another rendering put in their place.

What is left out is everything that a Secret holds, and every text in which a secret of the release stands in any form.
The places are kept beside the object, so that no value that happens to look like a mask is taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fairlead.domain.changes import MASKED
from fairlead.domain.identity import object_ref
from fairlead.domain.json_patch import format_pointer, parse_pointer
from fairlead.domain.left_alone import value_at, with_value
from fairlead.domain.masking import LAST_APPLIED, holds_secret, is_secret

Steps = tuple[str, ...]

# What an object is called stands in every plan; a release whose password is its own name has no secret there.
_IDENTITY: Final[frozenset[Steps]] = frozenset(
    {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}
)
_FRAME: Final[frozenset[Steps]] = frozenset({(), ("metadata",)})


@dataclass(frozen=True, slots=True)
class Withheld:
    """An object whose secret values read `(secret)`. `places` are the JSON Pointers of where they stood."""

    data: Mapping[str, Any] = field(repr=False)
    places: tuple[str, ...] = ()


def withheld_from(stored: Mapping[str, Any]) -> Withheld:
    """Read the stored form; KeyError, TypeError, AttributeError or ValueError when it is none."""
    kept = Withheld(stored["object"], tuple(stored["withheld"]))
    object_ref(kept.data)
    for place in kept.places:
        parse_pointer(place)
    return kept


def withhold(obj: Mapping[str, Any], secrets: Sequence[str]) -> Withheld:
    """Return an object without what it holds if it is a Secret, and without `secrets` wherever they stand in it."""
    found = dict.fromkeys(_own(obj))
    if holds_secret(obj, secrets):
        found |= dict.fromkeys(_holding(obj, secrets, ()))
    places = sorted(steps for steps in found if value_at(obj, steps) is not None)
    return Withheld(_masked_at(obj, places), tuple(map(format_pointer, places)))


def refilled(kept: Withheld, fresh: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the object with the secret values of `fresh`, another rendering of it.

    None when `fresh` has no value where one was left out.
    """
    data: Any = kept.data
    for place in kept.places:
        steps = parse_pointer(place)
        value = value_at(fresh, steps)
        if value is None or value_at(data, steps) is None:
            return None
        data = with_value(data, steps, value)
    return dict(data)


def without_places(obj: Mapping[str, Any], places: Sequence[str]) -> dict[str, Any]:
    """Return an object with the values at `places` masked, as far as it has any there."""
    return _masked_at(obj, [parse_pointer(place) for place in places])


def _own(obj: Mapping[str, Any]) -> Iterator[Steps]:
    """Yield the places of what a Secret holds."""
    if not is_secret(obj):
        return
    for section in ("data", "stringData"):
        values = obj.get(section)
        yield from ((section, key) for key in values) if isinstance(values, Mapping) else ((section,),)
    yield ("metadata", "annotations", LAST_APPLIED)


def _holding(value: Any, secrets: Sequence[str], steps: Steps) -> Iterator[Steps]:
    """Yield the places of texts that hold a secret; of a whole map when one of its keys does."""
    if isinstance(value, Mapping):
        if steps not in _FRAME and any(holds_secret(key, secrets) for key in value):
            yield steps
            return
        for key, part in value.items():
            yield from _holding(part, secrets, (*steps, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _holding(part, secrets, (*steps, str(index)))
    elif steps not in _IDENTITY and holds_secret(value, secrets):
        yield steps


def _masked_at(obj: Mapping[str, Any], places: Sequence[Steps]) -> dict[str, Any]:
    data: Any = obj
    for steps in places:
        if value_at(data, steps) is not None:
            data = with_value(data, steps, MASKED)
    return dict(data)
