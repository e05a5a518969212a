"""A queue of deliveries in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.webhooks.deliveries import Announcement, BranchPushed, Delivery, ImagePushed
from fairlead.ports.deliveries import MOST_EARLIER, Work


@dataclass(slots=True)
class MemoryQueue:
    """A `DeliveryQueue` without a disk. `is_full` makes it refuse."""

    is_full: bool = False
    seen: dict[tuple[str, str], str | None] = field(default_factory=dict)
    announced: dict[tuple[str, str, str], tuple[int, Announcement]] = field(default_factory=dict)
    dated: dict[str, dict[str, ImagePushed]] = field(default_factory=dict)
    mark: int = 0

    async def accept(self, delivery: Delivery) -> bool:
        if self.is_full:
            raise OperationFailed(Problem("queueFailed", "the disk is full"))
        known = (delivery.receiver, delivery.identifier)
        if known in self.seen:
            return False
        about = delivery.about
        self.seen = {
            key: value
            for key, value in self.seen.items()
            if about is None or (key[0], value) != (delivery.receiver, about)
        }
        self.seen[known] = about
        self.mark += 1
        for each in delivery.announcements:
            before = self.announced.get(_key(each))
            if before is None or not _is_older(each, before[1]):
                self.announced[_key(each)] = (self.mark, each)
            self._date(each)
        return True

    def _date(self, announcement: Announcement) -> None:
        if isinstance(announcement, ImagePushed) and announcement.time is not None:
            tags = self.dated.setdefault(str(announcement.image), {})
            before = tags.get(announcement.tag)
            if before is None or not _is_older(announcement, before):
                tags[announcement.tag] = announcement

    def _earlier(self, kind: str, subject: str) -> tuple[ImagePushed, ...]:
        known = self.dated.get(subject, {}).values() if kind == "image" else ()
        newest = sorted(known, key=_seconds, reverse=True)[:MOST_EARLIER]
        return tuple(replace(each, digest=None) for each in newest)

    async def waiting(self, limit: int) -> tuple[Work, ...]:
        subjects: dict[tuple[str, str], list[tuple[int, Announcement]]] = {}
        for (kind, subject, _), entry in self.announced.items():
            subjects.setdefault((kind, subject), []).append(entry)
        oldest = sorted(subjects.items(), key=lambda pair: min(mark for mark, _ in pair[1]))[:limit]
        return tuple(
            Work(
                subject,
                tuple(each for _, each in sorted(entries, key=lambda entry: entry[0])),
                max(mark for mark, _ in entries),
                self._earlier(kind, subject),
            )
            for (kind, subject), entries in oldest
        )

    async def done(self, work: Work) -> None:
        for each in work.announcements:
            kind, subject, _ = _key(each)
            for key in [one for one in self.announced if one[:2] == (kind, subject)]:
                if self.announced[key][0] <= work.mark:
                    del self.announced[key]

    async def close(self) -> None:
        pass


def _key(announcement: Announcement) -> tuple[str, str, str]:
    match announcement:
        case ImagePushed(image=image, tag=tag):
            return ("image", str(image), tag)
        case BranchPushed(repository=repository, branch=branch):
            return ("branch", repository, branch)


def _seconds(pushed: ImagePushed) -> float:
    return pushed.time.timestamp() if pushed.time is not None else 0.0


def _is_older(new: Announcement, old: Announcement) -> bool:
    if not isinstance(new, ImagePushed) or not isinstance(old, ImagePushed) or new.time is None:
        return False
    return old.time is not None and new.time < old.time
