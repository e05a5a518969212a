"""What a release would change in its declared state, and why; or why nothing can be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fairlead.domain.errors import FairleadError, OperationFailed
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.joining import joined
from fairlead.domain.values import Layer


class Holds(StrEnum):
    """What the text to change holds."""

    TAG = "tag"
    REFERENCE = "reference"
    CHART_VERSION = "chartVersion"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the text to change stands now.

    `key` is the path of a value, or within an `app` block, in Helm's syntax; or `chart.version`. `layer` says which
    layer the effective value comes from, None for a chart's version. `file` is relative to the repository root, None
    for a chart that lies outside it. `text` is the whole effective text, such as `1.4.2`, `1.4.2@sha256:...` or
    `acme/web:1.4.2`.
    """

    key: str
    holds: Holds
    text: str
    layer: Layer | None = None
    file: str | None = None


def is_value(standing: Standing) -> bool:
    """Tell whether a text stands among values, so that a release can have one of its own."""
    return standing.holds is not Holds.CHART_VERSION and standing.layer is not Layer.APP


@dataclass(frozen=True, slots=True)
class Update:
    """A newer version that a release wants.

    `subject` is the image without tag, `docker.io/library/nginx`, or the chart as it is declared. `from_version` and
    `to_version` are tags or chart versions; `digest` is set when the new text pins one, and `from_digest` when the
    present text does. `track` is the trigger in short, such as `PatchLevel` or `range ^1.2`. `time` is when the new
    version was created or announced, where that is known.
    """

    release: ReleaseKey
    standing: Standing
    subject: str
    from_version: str
    to_version: str
    track: str
    reason: str
    digest: str | None = None
    from_digest: str | None = None
    time: datetime | None = None

    @property
    def text(self) -> str:
        """What shall stand where `standing.text` stands now."""
        wanted = self.to_version if self.digest is None else f"{self.to_version}@{self.digest}"
        if self.standing.holds is not Holds.REFERENCE:
            return wanted
        before = self.from_version if self.from_digest is None else f"{self.from_version}@{self.from_digest}"
        return f"{self.standing.text.removesuffix(before)}{wanted}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A trigger about which nothing could be decided. `code` is stable, in camelCase; `reason` is for people.

    `is_failure` says that something was tried and did not work, so that another time may go better.
    """

    release: ReleaseKey
    code: str
    reason: str
    is_failure: bool = False

    @classmethod
    def because(cls, release: ReleaseKey, error: FairleadError) -> Skipped:
        """Return an error as the reason why nothing was decided, and what to do about it."""
        texts = [text for problem in error.problems for text in (problem.message, problem.remedy) if text]
        return cls(release, error.code, joined(texts), is_failure=isinstance(error, OperationFailed))


@dataclass(frozen=True, slots=True)
class Upgrades:
    """What releases would change, and the triggers about which nothing could be decided, both in the order declared.

    `settled` counts the triggers for which everything stays as it is.
    """

    updates: tuple[Update, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    settled: int = 0

    @property
    def is_failure(self) -> bool:
        """Whether everything that was asked failed, so that nothing was learned."""
        learned = self.updates or self.settled
        return not learned and bool(self.skipped) and all(one.is_failure for one in self.skipped)
