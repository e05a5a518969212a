"""Where two JSON values differ, as paths that a person can follow.

Elements of a list are matched by what names them (`name`, `containerPort` and `protocol`, ...), so that an element put
in front does not make all others look changed. Lists of plain values are one value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Steps = tuple[str, ...]

# What the server's API conventions use as keys of associative lists, the most telling first.
_KEYS: Final[tuple[tuple[str, ...], ...]] = (
    ("name",),
    ("containerPort", "protocol"),
    ("port", "protocol"),
    ("containerPort",),
    ("port",),
    ("mountPath",),
    ("devicePath",),
    ("topologyKey", "whenUnsatisfiable"),
    ("ip",),
    ("host",),
    ("path",),
    ("key",),
    ("type",),
    ("uid",),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs. `old` or `new` is None where the value is missing on that side.

    An index in `steps` counts in the new list, or in the old one for an element that goes away.
    """

    steps: Steps
    old: Any
    new: Any


def differences(old: Any, new: Any, steps: Steps = ()) -> Iterator[Difference]:
    """Yield what differs between two JSON values. A null and a missing field are the same."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from differences(old.get(key), new.get(key), (*steps, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_differences(old, new, steps)
    elif not same(old, new):
        yield Difference(steps, old, new)


def same(old: Any, new: Any) -> bool:
    """Return whether two JSON values are equal; null and missing fields are the same, true and 1 are not."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return all(same(old.get(key), new.get(key)) for key in {*old, *new})
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return bool(old == new)


def covers(wanted: Any, owned: Any) -> bool:
    """Return whether `owned` is exactly `wanted`, except that a null which is wanted may be missing.

    Unlike `same`, a null that is owned and not wanted differs: taking it away is a change.
    """
    if isinstance(wanted, Mapping) and isinstance(owned, Mapping):
        if not all(key in owned or value is None for key, value in wanted.items()):
            return False
        return all(key in wanted and covers(wanted[key], value) for key, value in owned.items())
    if isinstance(wanted, list) and isinstance(owned, list):
        return len(wanted) == len(owned) and all(map(covers, wanted, owned))
    return same(wanted, owned)


def projection(live: Any, declared: Any) -> Any:
    """Return the part of `live` that `declared` speaks of, with the live values."""
    if isinstance(live, Mapping) and isinstance(declared, Mapping):
        return {key: projection(live[key], value) for key, value in declared.items() if key in live}
    if isinstance(live, list) and isinstance(declared, list):
        keys = _identifying(live, declared)
        if keys is None:
            return live
        by_name = {_identity(item, keys): item for item in live}
        pairs = ((by_name.get(_identity(item, keys)), item) for item in declared)
        return [projection(found, item) for found, item in pairs if found is not None]
    return live


def counterpart(value: Any, other: Any, steps: Steps) -> Steps | None:
    """Return the path in `other` of what stands at `steps` in `value`, matching list elements by name.

    None when `other` holds no such thing.
    """
    found: list[str] = []
    for step in steps:
        if isinstance(value, list) and isinstance(other, list) and step.isdigit() and int(step) < len(value):
            index = _same_element(value, other, int(step))
            if index is None:
                return None
            value, other, step = value[int(step)], other[index], str(index)  # noqa: PLW2901 - the step in `other`
        elif isinstance(value, Mapping) and isinstance(other, Mapping) and step in other:
            value, other = value.get(step), other[step]
        else:
            return None
        found.append(step)
    return tuple(found)


def _same_element(value: list[Any], other: list[Any], index: int) -> int | None:
    keys = _identifying(value, other)
    if keys is None:
        return index if index < len(other) else None
    wanted = _identity(value[index], keys)
    return next((at for at, item in enumerate(other) if _identity(item, keys) == wanted), None)


def _list_differences(old: list[Any], new: list[Any], steps: Steps) -> Iterator[Difference]:
    if same(old, new):
        return
    keys = _identifying(old, new)
    if keys is not None:
        yield from _named_differences(old, new, keys, steps)
    elif len(old) == len(new) and all(isinstance(item, Mapping) for item in (*old, *new)):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, (*steps, str(index)))
    else:
        yield Difference(steps, old, new)


def _named_differences(old: list[Any], new: list[Any], keys: tuple[str, ...], steps: Steps) -> Iterator[Difference]:
    before = {_identity(item, keys): (index, item) for index, item in enumerate(old)}
    after = {_identity(item, keys): (index, item) for index, item in enumerate(new)}
    if before.keys() == after.keys() and list(before) != list(after):
        yield Difference(steps, old, new)  # only the order, or the order too: the whole list says it best
        return
    for name, (index, item) in after.items():
        yield from differences(before.get(name, (0, None))[1], item, (*steps, str(index)))
    for name, (index, item) in before.items():
        if name not in after:
            yield Difference((*steps, str(index)), item, None)


def _identifying(old: Sequence[Any], new: Sequence[Any]) -> tuple[str, ...] | None:
    """Return the keys that name every element of both lists, each only once; None when there are none."""
    if not old or not new or not all(isinstance(item, Mapping) for item in (*old, *new)):
        return None
    return next((keys for keys in _KEYS if _names_each(old, keys) and _names_each(new, keys)), None)


def _names_each(items: Sequence[Mapping[str, Any]], keys: tuple[str, ...]) -> bool:
    if not all(isinstance(item.get(key), str | int) for item in items for key in keys if key != "protocol"):
        return False
    return len({_identity(item, keys) for item in items}) == len(items)


def _identity(item: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(item.get(key, "TCP" if key == "protocol" else "")) for key in keys)
