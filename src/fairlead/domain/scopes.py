"""Which units are meant: the answer to both "what may this caller see?" and "which ones does this list ask for?"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.units import UnitKey

Names = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Scope:
    """The units whose cluster, namespace and app are all among the names; None admits every name.

    Names are exact: patterns would let `shop-*` admit what somebody creates tomorrow.
    """

    clusters: Names = None
    namespaces: Names = None
    apps: Names = None

    def holds(self, unit: UnitKey) -> bool:
        """Return whether a unit is meant."""
        return (
            _admits(self.clusters, unit.cluster)
            and _admits(self.namespaces, unit.namespace)
            and _admits(self.apps, unit.name)
        )

    def __and__(self, other: Scope) -> Scope:
        """Return what both mean."""
        return Scope(
            _both(self.clusters, other.clusters),
            _both(self.namespaces, other.namespaces),
            _both(self.apps, other.apps),
        )

    def covers(self, other: Scope) -> bool:
        """Return whether everything that the other means, existing or not, is meant here too."""
        return self & other == other

    @property
    def is_empty(self) -> bool:
        """Whether no unit at all can be meant."""
        return frozenset() in (self.clusters, self.namespaces, self.apps)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form: a sorted list for each part, null where every name is admitted."""
        parts = {"clusters": self.clusters, "namespaces": self.namespaces, "apps": self.apps}
        return {key: None if names is None else sorted(names) for key, names in parts.items()}


EVERYTHING: Final = Scope()


def scope_of(*, clusters: Iterable[str] = (), namespaces: Iterable[str] = (), apps: Iterable[str] = ()) -> Scope:
    """Return the scope that somebody wrote down; a part that says nothing admits every name."""
    return Scope(frozenset(clusters) or None, frozenset(namespaces) or None, frozenset(apps) or None)


def one_unit(unit: UnitKey) -> Scope:
    """Return the scope of a single unit."""
    return scope_of(clusters=[unit.cluster], namespaces=[unit.namespace], apps=[unit.name])


def _admits(names: Names, name: str) -> bool:
    return names is None or name in names


def _both(one: Names, other: Names) -> Names:
    if one is None:
        return other
    return one if other is None else one & other
