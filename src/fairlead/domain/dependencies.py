"""Which releases wait for which: `dependsOn`, and the declared order if asked for.

That a file's top-level manifests come before its releases is a `dependsOn` too: loading the files has added it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.domain.identity import ReleaseKey
from fairlead.domain.targets import Target


def release_dependencies(
    targets: Sequence[Target], *, declared_order: bool = False
) -> Mapping[ReleaseKey, tuple[ReleaseKey, ...]]:
    """Return for each target the releases it waits for, among all releases of its environment.

    With `declared_order` (`compat.declaredOrder`) each also waits for the one before it in the file.
    """
    found = {target.key: _needed(target) for target in targets}
    if declared_order:
        previous: dict[str, ReleaseKey] = {}
        for key, needed in found.items():
            if key.environment in previous:
                found[key] = (*needed, previous[key.environment])
            previous[key.environment] = key
    return found


def in_order(targets: Sequence[Target], *, declared_order: bool = False) -> tuple[Target, ...]:
    """Return the targets so that each comes after what it waits for, else as declared; circles are left as they are."""
    needs = release_dependencies(targets, declared_order=declared_order)
    waiting = {target.key: target for target in targets}
    found: list[Target] = []
    while waiting:
        free = (key for key in waiting if not any(need in waiting for need in needs[key]))
        found.append(waiting.pop(next(free, next(iter(waiting)))))
    return tuple(found)


def unselected(targets: Sequence[Target]) -> tuple[Target, ...]:
    """Return the direct dependencies that are not among the targets: they must be healthy already."""
    selected = {target.key for target in targets}
    needed: dict[ReleaseKey, Target] = {}
    for target in targets:
        by_key = {sibling.key: sibling for sibling in _siblings(target)}
        needed |= {key: by_key[key] for key in _needed(target) if key not in selected}
    return tuple(needed.values())


def _needed(target: Target) -> tuple[ReleaseKey, ...]:
    return tuple(sibling.key for sibling in _siblings(target))


def _siblings(target: Target) -> list[Target]:
    """The releases of the same environment that a target names, in the order of their declaration."""
    names = target.release.depends_on
    if not names:
        return []
    return [Target(target.environment, one) for one in target.environment.releases if one.name in names]
