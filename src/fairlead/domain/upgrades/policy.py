"""What a trigger wants: which versions count at all, and which of them is the newest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from fairlead.domain.upgrades.patterns import TagPattern
from fairlead.domain.upgrades.ranges import VersionRange


class Track(StrEnum):
    """How far a release follows: new patches, new minor versions, any new version; or whatever is the newest."""

    PATCH_LEVEL = "PatchLevel"
    MINOR_VERSION = "MinorVersion"
    MAJOR_VERSION = "MajorVersion"
    NEWEST = "Newest"


class Order(StrEnum):
    """How `Newest` compares, where the time of creation shall not decide."""

    NUMERICAL = "numerical"
    ALPHABETICAL = "alphabetical"


@dataclass(frozen=True, slots=True)
class Policy:
    """A track and what narrows it. With neither track nor range nothing new is wanted.

    `order` replaces the time of creation in `Newest`. `min_age_seconds` keeps what is younger for later.
    """

    track: Track | None = None
    range: VersionRange | None = None
    pattern: TagPattern | None = None
    order: Order | None = None
    prerelease: bool = False
    date_tags: bool = False
    min_age_seconds: float | None = None

    @property
    def wants_new(self) -> bool:
        """Whether any other version than the current one can be wanted."""
        return self.track is not None or self.range is not None

    @property
    def by_version(self) -> bool:
        """Whether versions are compared with the current one, so that it has to be a version too."""
        return self.track is not Track.NEWEST and self.wants_new

    @property
    def by_time(self) -> bool:
        """Whether the time of creation decides."""
        return self.track is Track.NEWEST and self.order is None

    @property
    def needs_times(self) -> bool:
        """Whether it matters when versions were created."""
        return self.by_time or self.min_age_seconds is not None

    @property
    def name(self) -> str:
        """The policy in one word or two: its track, or the range that stands for one."""
        if self.track is not None:
            return str(self.track)
        return "digest" if self.range is None else f"range {self.range.text}"

    def __str__(self) -> str:
        return ", ".join(self._words()) or "no track"

    def _words(self) -> Iterator[str]:
        if self.track is not None:
            yield str(self.track)
        if self.range is not None:
            yield f"range {self.range.text}"
        if self.pattern is not None:
            yield f"match {self.pattern.text}"
        if self.order is not None:
            yield f"{self.order} order"
