"""Declared fields that are left to someone else: autoscalers, subresources, the release's `ignoreFields`.

Leaving a field out of an apply deletes it when nobody else owns it: replicas would fall to one. So while our own entry
still holds a field that is left alone, the live value is sent; once another manager owns it, it is left out. The live
value is only safe with the resource version it was read at, which the apply therefore carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fairlead.domain import autoscaling, managed_fields
from fairlead.domain.changes import MASKED, LeftAlone
from fairlead.domain.config import IgnoreFields
from fairlead.domain.differences import counterpart
from fairlead.domain.json_patch import format_pointer, parse_pointer
from fairlead.domain.masking import is_secret

Steps = tuple[str, ...]


def left_alone(
    declared: Mapping[str, Any],
    live: Mapping[str, Any],
    *,
    ignored: Sequence[IgnoreFields],
    scaled: frozenset[autoscaling.Scaled],
) -> tuple[LeftAlone, ...]:
    """Return which declared fields of an object that exists are left alone, and why, in the order of their paths."""
    found: dict[Steps, str] = {}
    if autoscaling.identity(declared) in scaled and autoscaling.has_replicas(declared):
        found[autoscaling.REPLICAS] = "autoscaler"
    for rule in ignored:
        if rule.kind == declared.get("kind") and rule.name in (None, (declared.get("metadata") or {}).get("name")):
            for path in rule.paths:
                for steps in _matching(declared, parse_pointer(path)):
                    found.setdefault(steps, "ignored")
    for leaf in managed_fields.subresource_leaves(live):
        place = counterpart(live, declared, leaf)
        if place is not None:
            found.setdefault(place, "subresource")
    return tuple(_left(declared, live, steps=steps, why=why) for steps, why in sorted(found.items()))


def to_send(
    declared: Mapping[str, Any], left: Iterable[LeftAlone], *, live: Mapping[str, Any], manager: str
) -> dict[str, Any]:
    """Return what an apply must send so that the fields left alone keep their live values."""
    ours = managed_fields.applied_fields(live, manager)
    sent = declared
    for steps in _backwards(left):
        place = counterpart(declared, live, steps)
        if place is not None and managed_fields.owns(ours, live, place):
            sent = with_value(sent, steps, value_at(live, place))
        else:
            sent = _without(sent, steps)
    return dict(sent)


def judged_part(declared: Mapping[str, Any], left: Iterable[LeftAlone]) -> dict[str, Any]:
    """Return the declared fields that are ours to decide."""
    part = declared
    for steps in _backwards(left):
        part = _without(part, steps)
    return dict(part)


def without_paths(obj: Mapping[str, Any], paths: Iterable[Steps]) -> dict[str, Any]:
    """Return an object without the values at some paths."""
    left: Any = dict(obj)
    for steps in sorted(set(paths), key=_numeric, reverse=True):
        left = _without(left, steps)
    return dict(left)


def _left(declared: Mapping[str, Any], live: Mapping[str, Any], *, steps: Steps, why: str) -> LeftAlone:
    place = counterpart(declared, live, steps)
    shown = [value_at(declared, steps), value_at(live, place) if place is not None else None]
    if is_secret(declared):
        shown = [None if value is None else MASKED for value in shown]
    return LeftAlone(format_pointer(steps), why, *shown)


def value_at(obj: Any, steps: Sequence[str]) -> Any:
    """Return the value at a path, None when there is none."""
    for step in steps:
        if isinstance(obj, Mapping):
            obj = obj.get(step)
        elif isinstance(obj, list) and step.isdigit() and int(step) < len(obj):
            obj = obj[int(step)]
        else:
            return None
    return obj


def _backwards(left: Iterable[LeftAlone]) -> list[Steps]:
    """Later list elements first, so that taking one out does not move the others."""
    return sorted((parse_pointer(one.path) for one in left), key=_numeric, reverse=True)


def _numeric(steps: Steps) -> tuple[tuple[int, str], ...]:
    return tuple((int(step) if step.isdigit() else 0, step) for step in steps)


def _matching(value: Any, pattern: Steps, above: Steps = ()) -> Iterator[Steps]:
    """Yield the paths in `value` that a pointer matches, in which `*` stands for any one step."""
    if not pattern:
        yield above
        return
    children: dict[str, Any] = {}
    if isinstance(value, Mapping):
        children = dict(value)
    elif isinstance(value, list):
        children = {str(index): item for index, item in enumerate(value)}
    for step, child in children.items():
        if pattern[0] in ("*", step):
            yield from _matching(child, pattern[1:], (*above, step))


def _without(obj: Any, steps: Steps) -> Any:
    head, *rest = steps
    if isinstance(obj, Mapping):
        if not rest:
            return {key: value for key, value in obj.items() if key != head}
        return {key: _without(value, tuple(rest)) if key == head else value for key, value in obj.items()}
    index = int(head)
    if not rest:
        return [item for at, item in enumerate(obj) if at != index]
    return [_without(item, tuple(rest)) if at == index else item for at, item in enumerate(obj)]


def with_value(obj: Any, steps: Steps, value: Any) -> Any:
    """Return a JSON value with another value at a path that exists."""
    if not steps:
        return value
    head, rest = steps[0], steps[1:]
    if isinstance(obj, Mapping):
        return {**obj, head: with_value(obj[head], rest, value)}
    return [with_value(item, rest, value) if at == int(head) else item for at, item in enumerate(obj)]
