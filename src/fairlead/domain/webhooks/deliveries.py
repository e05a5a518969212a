"""What a delivery tells once it was read: images and charts that exist now, branches that moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fairlead.domain.images import ImageName


@dataclass(frozen=True, slots=True)
class ImagePushed:
    """A tag of an image exists now. `time` is when it was pushed, as the sender says; None when it does not."""

    image: ImageName
    tag: str
    digest: str | None = None
    time: datetime | None = None

    @property
    def tells_apart(self) -> bool:
        """Whether two pushes of the tag would be announced differently; else a moving tag may say the same twice."""
        return self.digest is not None or self.time is not None


@dataclass(frozen=True, slots=True)
class BranchPushed:
    """A branch of a repository points to another commit. `addresses` are the repository's, in all forms given."""

    repository: str
    branch: str
    commit: str
    addresses: tuple[str, ...] = ()

    @property
    def tells_apart(self) -> bool:
        """Whether two pushes of the branch would be announced differently."""
        return True


Announcement = ImagePushed | BranchPushed


@dataclass(frozen=True, slots=True)
class Delivery:
    """One accepted request. `identifier` is the same when the sender repeats it."""

    receiver: str
    identifier: str
    announcements: tuple[Announcement, ...]

    @property
    def about(self) -> str | None:
        """Which branches it tells of, if of nothing else; None for images.

        A branch may go back and forth, and some senders then say the same twice: so only the last delivery about it
        is taken for a repetition when it comes again.
        """
        names = [f"{each.repository} {each.branch}" for each in self.announcements if isinstance(each, BranchPushed)]
        return "\n".join(sorted(names)) if 0 < len(names) == len(self.announcements) else None
