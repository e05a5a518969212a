"""What registries and chart repositories say of the versions that they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """One tag of an image at one moment.

    `digest` is what the tag names: the index, for an image of several platforms, so that a pin keeps them all.
    `created` and `labels` come from the configuration of one platform's image. Builders that want reproducible images
    leave the time out or write 1970, which counts as None. Labels are the image author's words: hostile until checked.
    """

    digest: str
    created: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChartVersion:
    """A published version of a chart, spelled as in the chart (`+` for build metadata, also in registries).

    `created` is when it was published, as far as that is known; `digest` that of the archive (repositories).
    """

    version: str
    created: datetime | None = None
    digest: str | None = None
