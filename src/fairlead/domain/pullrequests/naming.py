"""Which group each trigger belongs to: the one that it names, else that of its release.

A release that several environments take from one file is one group, since one change of that file serves them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairlead.domain.config import Environment
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.triggers import ImageTrigger
from fairlead.domain.upgrades.updates import Update
from fairlead.domain.valuepaths import format_path, parse_path

CHART = "chart.version"
Names = Mapping[tuple[ReleaseKey, str], str]


def group_names(environments: Iterable[Environment]) -> Names:
    """Return the name of the group of each trigger, by its release and by what it changes."""
    first: dict[tuple[str, int, int], str] = {}
    names: dict[tuple[ReleaseKey, str], str] = {}
    for environment in environments:
        for release in environment.releases:
            place = (release.place.file, release.place.line, release.place.column)
            own = first.setdefault(place, f"{environment.name}.{release.name}")
            for trigger in release.triggers:
                changed = trigger.tag_value if isinstance(trigger, ImageTrigger) else CHART
                names[Target(environment, release).key, _normal(changed)] = trigger.group or own
    return names


def name_of(update: Update, names: Names) -> str:
    """Return the group of an update; what holds a whole reference is named by the value of its trigger, too."""
    found = names.get((update.release, _normal(update.standing.key)))
    if found is not None:
        return found
    # A single value holds repository and tag: its trigger may name it as the repository's value.
    return next(
        (name for (release, _), name in names.items() if release == update.release),
        f"{update.release.environment}.{update.release.release}",
    )


def _normal(key: str) -> str:
    return key if key == CHART else format_path(parse_path(key))
