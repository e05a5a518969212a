"""What somebody announces: one version of one image or chart, which was just made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.images import ImageName, parse_image

_CHART = re.compile(r"(?P<reference>oci://[^\s@]+|[^\s/:@]+/[^\s/:@]+):(?P<version>[^\s:/@]+)")


@dataclass(frozen=True, slots=True)
class Announcement:
    """A version of an image (by its name) or chart (as declared). `time` is when it was made, where that is known."""

    subject: ImageName | str
    version: str
    digest: str | None = None
    time: datetime | None = None


def announced_image(text: str, time: datetime | None = None) -> Announcement:
    """Read `REPOSITORY:TAG[@DIGEST]`.

    Raises:
        InputError: it is no image, or names no tag.
    """
    reference = parse_image(text)
    if reference.tag is None:
        remedy = "write REPOSITORY:TAG or REPOSITORY:TAG@DIGEST"
        raise InputError(Problem("imageWithoutTag", f"{text!r} names no tag that could be new", remedy=remedy))
    return Announcement(reference.name, reference.tag, reference.digest, time)


def announced_chart(text: str, time: datetime | None = None) -> Announcement:
    """Read `REPO/CHART:VERSION` or `oci://HOST/PATH:VERSION`.

    Raises:
        InputError: it is neither.
    """
    found = _CHART.fullmatch(text)
    if found is None:
        remedy = "write REPO/CHART:VERSION as the release does, or oci://HOST/PATH:VERSION"
        raise InputError(Problem("chartInvalid", f"{text!r} is no version of a chart", remedy=remedy))
    return Announcement(found["reference"], found["version"], None, time)
