"""An app as a release: what it is made of, and what a plan says about its unit beside the changes of objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.objects import Inputs
from fairlead.domain.identity import ObjectRef


@dataclass(frozen=True, slots=True)
class AppUse:
    """The descriptor of a release that is an app, and what its versions are made of besides.

    `version` names the one to go back to, empty for what is declared.
    """

    descriptor: Descriptor
    inputs: Inputs = field(default_factory=Inputs, repr=False)
    version: str = ""


class Verdict(StrEnum):
    """What a plan does to an app.

    `underWay`: this very wish was asked for already and is not live yet. `back` makes a version live again that is
    there, or can be made anew from what is stored of it.
    """

    UNCHANGED = "unchanged"
    IN_PLACE = "inPlace"
    NEW_VERSION = "newVersion"
    UNDER_WAY = "underWay"
    BACK = "back"
    REMOVED = "removed"


class Promotion(StrEnum):
    """Who lets a new version have the traffic once its gates have passed."""

    AUTOMATIC = "automatic"
    TIMER = "timer"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class AppPlan:
    """What becomes of an app's unit. `version` is the one that the plan is about, `live` the one that has the traffic.

    A new version's number is a guess: only who deploys gets it. `intent` was asked for already. `rests`: nothing
    happens to the unit by itself, for it waits for a person. `cause` and `then` say why it is where it is, and what is
    next; `paused` and `frozen` what keeps it there; `standing` are the objects of the live version.
    """

    verdict: Verdict
    version: str = ""
    live: str = ""
    promotion: Promotion = Promotion.AUTOMATIC
    phase: str = ""
    intent: str = ""
    rests: bool = True
    cause: str = ""
    then: str = ""
    since: str | None = None
    degraded: bool = False
    paused: bool = False
    frozen: bool = False
    standing: tuple[ObjectRef, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether there is anything to do."""
        return self.verdict is not Verdict.UNCHANGED and not (self.verdict is Verdict.UNDER_WAY and self.rests)

    @property
    def identity(self) -> tuple[str, str]:
        """What of it a plan is recognised by: numbers that are not given yet do not count."""
        return (self.verdict.value, self.live)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "verdict": self.verdict.value,
            "version": self.version or None,
            "live": self.live or None,
            "promotion": self.promotion.value,
            "phase": self.phase or None,
        }
