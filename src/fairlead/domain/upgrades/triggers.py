"""What a release declares about new versions of its images and of its chart."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairlead.domain.upgrades.policy import Policy

REPOSITORY, TAG, PREFIX = "image.repository", "image.tag", "image.prefix"


@dataclass(frozen=True, slots=True)
class ImageTrigger:
    """Watches an image whose repository and tag stand among the values, at paths in Helm's syntax.

    `pins_digest` wants `TAG@DIGEST` written, and follows what the tag names. `platform` is `OS/ARCHITECTURE[/VARIANT]`:
    only tags that have it count. `group` names the updates that it shares a pull request with.
    """

    policy: Policy = field(default_factory=Policy)
    repo_value: str = REPOSITORY
    tag_value: str = TAG
    repo_prefix_value: str = PREFIX
    pins_digest: bool = False
    platform: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class ChartTrigger:
    """Watches the versions of the release's own chart."""

    policy: Policy = field(default_factory=Policy)
    group: str | None = None


Trigger = ImageTrigger | ChartTrigger
