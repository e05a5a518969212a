"""What is said of an app whose version is not live yet without a failure: what it waits for, and how it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairlead.domain.identity import ReleaseKey

AWAITS: Final = "awaitsPromotion"
"""The code of an app of which a version stands ready, and waits for a person."""

HELD_BACK: Final = "heldBack"
"""The code of an app that a pause or a freeze keeps from going on."""

UNIT_BLOCKED: Final = "unitBlocked"
"""The code of an app that nothing more is written for, before a person says how to go on."""

HANDED_OVER: Final = "handedOver"
"""The code of an app of which a version was asked for, and that nobody waited for."""

REQUESTED: Final = frozenset({AWAITS, HELD_BACK, HANDED_OVER})
"""The codes of what succeeded although a part of it was only asked for."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a version is not live yet, in a sentence and as a stable code."""

    explanation: str
    code: str


def waiting(key: ReleaseKey, version: str, *, paused: bool, frozen: bool) -> Waiting:
    """Return what a version waits for that does not go on by itself: that a person promotes it, or lets it go on."""
    where = f"{key.release} -e {key.environment}"
    if paused:
        return Waiting(
            f"version {version} waits until the pause of its unit ends, by `fairlead resume {where}`", HELD_BACK
        )
    if frozen:
        return Waiting(f"version {version} waits until the freeze of its unit ends", HELD_BACK)
    return Waiting(f"version {version} stands ready, and goes live by `fairlead promote {where}`", AWAITS)


def handed_over(key: ReleaseKey, version: str) -> Waiting:
    """Return what is said of a version that was only asked for: no rollout moves while nobody drives it."""
    return Waiting(f"version {version} is asked for and not waited for; {going_on(key)}", HANDED_OVER)


def going_on(key: ReleaseKey) -> str:
    """Return what goes on with a rollout that this run leaves under way."""
    drive = f"fairlead units {key.release} -e {key.environment} --drive"
    return f"it goes on with `{drive}`, with the next `apply`, or when a server starts that drives this cluster"
