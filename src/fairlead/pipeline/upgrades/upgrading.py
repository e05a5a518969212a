"""Finds newer versions of what releases watch: in registries, or in what somebody announces. Nothing is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fairlead.domain.errors import FairleadError, InputError, OperationFailed, Problem
from fairlead.domain.images import ImageName
from fairlead.domain.published import ImageFacts
from fairlead.domain.suggesting import near
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.announcing import Announcement
from fairlead.domain.upgrades.candidates import Decision
from fairlead.domain.upgrades.updates import Skipped, Update, Upgrades
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.render import Rendering
from fairlead.pipeline.upgrades.shelves import Shelf, Shelves, chart_named
from fairlead.pipeline.upgrades.watching import Subject, Watch, watches
from fairlead.pipeline.upgrades.weighing import Look, Outcome, Scales, failure, weigh
from fairlead.ports.clock import Clock
from fairlead.ports.registry import Registry


@dataclass(frozen=True, slots=True)
class Upgrading:
    """Finds updates. The registry is built when it is first asked something.

    `look_at` is told which releases it will be asked for, whose logins it may then use.
    """

    rendering: Rendering
    registry: Callable[[], Awaitable[Registry]]
    clock: Clock
    look_at: Callable[[Sequence[Target]], None] = lambda _: None

    async def poll(self, targets: Sequence[Target], *, image: ImageName | None = None) -> Upgrades:
        """Ask registries and chart repositories; `image` leaves out all others.

        What fails, fails for those who watch it, and delays nobody else.

        Raises:
            InputError: no release watches `image`.
        """
        self.look_at(targets)
        found = await watches(targets, self.rendering)
        if image is not None:
            found = _of_image(found, image)
        asked = [one for one in found if isinstance(one, Watch) and one.policy.wants_new]
        shelves = await self._shelves.every(asked)
        now = self.clock.now()
        return _gathered(await at_once(self._polled(one, shelves, now) for one in found))

    async def observe(self, targets: Sequence[Target], announced: Announcement, *, verify: bool = False) -> Upgrades:
        """Weigh a version that somebody announces; `verify` asks the registry whether it is there, and since when.

        The announced version takes part as itself: nothing else is ever chosen.

        Raises:
            OperationFailed: asked, the registry knows no such version, or another one of that name.
        """
        self.look_at(targets)
        shelf = await self._verified(announced) if verify else None
        return await self._observed(targets, (announced,), shelf)

    async def observe_all(
        self, targets: Sequence[Target], announced: Sequence[Announcement], earlier: Sequence[Announcement] = ()
    ) -> Upgrades:
        """Weigh what was announced together, oldest first: of one image, the announced versions compete.

        `earlier` tells of versions that may run now when they were made.
        """
        self.look_at(targets)
        return await self._observed(targets, announced, None, earlier)

    @property
    def _shelves(self) -> Shelves:
        return Shelves(self.registry, self.rendering.declaration.helm_repos)

    async def _polled(
        self, watch: Watch | Skipped, shelves: dict[str, Shelf | FairleadError], now: datetime
    ) -> Outcome:
        if isinstance(watch, Skipped):
            return watch
        if not watch.wants_anything:
            return Skipped(watch.release, "noTrack", "its trigger names neither a track nor a range")
        shelf = shelves.get(watch.subject_name, Shelf((watch.current,)))
        if isinstance(shelf, FairleadError):
            return failure(watch, shelf)
        if not shelf.holds(watch):
            message = f"{watch.subject_name} has no {watch.current} any more, so its list is not to be trusted"
            return Skipped(watch.release, "currentNotListed", f"{message}; set a version that is there by hand")
        return await weigh(Scales(watch, self._shelves.look(watch, shelf), now), shelf.versions)

    async def _verified(self, announced: Announcement) -> Shelf:
        subject = _subject(announced)
        shelf = await self._shelves.one(subject, times=True)
        if announced.version not in shelf.versions:
            message = f"{announced.subject} has no {announced.version}"
            raise OperationFailed(Problem("tagNotFound", message, remedy="announce it after it was pushed"))
        if announced.digest is not None and isinstance(subject, ImageName):
            facts = await (await self.registry()).facts(subject, announced.version)
            if facts.digest != announced.digest:
                message = f"{announced.subject}:{announced.version} is {facts.digest}, not {announced.digest}"
                raise OperationFailed(Problem("digestMismatch", message, remedy="announce what was pushed last"))
        return shelf

    async def _observed(
        self,
        targets: Sequence[Target],
        announced: Sequence[Announcement],
        shelf: Shelf | None,
        earlier: Sequence[Announcement] = (),
    ) -> Upgrades:
        found = [(one, _about(one, announced)) for one in await watches(targets, self.rendering)]
        concerned = [(one, about) for one, about in found if about or isinstance(one, Skipped)]
        now = self.clock.now()
        outcomes = await at_once(
            self._weighed(one, about, shelf or _announced((*_about(one, earlier), *about), now), now)
            for one, about in concerned
        )
        return _gathered([_explained(one, outcome) for (one, _), outcome in zip(concerned, outcomes, strict=True)])

    async def _weighed(
        self, watch: Watch | Skipped, announced: Sequence[Announcement], source: Shelf | Look, now: datetime
    ) -> Outcome:
        if isinstance(watch, Skipped):
            return watch
        if isinstance(source, Shelf):
            scales = Scales(watch, _dated(self._shelves.look(watch, source), announced[0]), now)
        else:
            scales = Scales(watch, source, now, new_at_least=True)
        # Of equal times the first one offered wins, and of announcements the last one is the newest.
        return await weigh(scales, tuple(one.version for one in reversed(announced)))


def _of_image(found: Sequence[Watch | Skipped], image: ImageName) -> tuple[Watch | Skipped, ...]:
    """Return those that watch an image, and those of which that cannot be told."""
    known = {str(one.subject) for one in found if isinstance(one, Watch) and isinstance(one.subject, ImageName)}
    if str(image) not in known:
        remedy = near(str(image), known, otherwise="images that are watched")
        raise InputError(Problem("unknownImage", f"no release watches {image}", remedy=remedy))
    return tuple(one for one in found if isinstance(one, Skipped) or one.subject == image)


def _about(watch: Watch | Skipped, announced: Sequence[Announcement]) -> tuple[Announcement, ...]:
    return () if isinstance(watch, Skipped) else tuple(one for one in announced if _is_about(one, watch))


def _is_about(announced: Announcement, watch: Watch) -> bool:
    subject = announced.subject
    return watch.subject == subject if isinstance(subject, ImageName) else _charts_name(watch) == subject


def _charts_name(watch: Watch) -> str | None:
    return None if isinstance(watch.subject, ImageName) else watch.subject.reference


def _subject(announced: Announcement) -> Subject:
    subject = announced.subject
    return subject if isinstance(subject, ImageName) else chart_named(subject, announced.version)


def _announced(announced: Sequence[Announcement], now: datetime) -> Look:
    """Return what tells the facts of announced versions: what was said, and else that they are new."""
    known = {one.version: one for one in announced}

    async def facts(version: str) -> ImageFacts:
        if version not in known:
            raise InputError(Problem("notAsked", f"nobody was asked about {version}"))
        return ImageFacts(known[version].digest or "", known[version].time or now)

    return facts


def _dated(look: Look, announced: Announcement) -> Look:
    """Return the same facts, with the announced time where one was said."""

    async def facts(version: str) -> ImageFacts:
        found = await look(version)
        is_dated = version == announced.version and announced.time is not None
        return replace(found, created=announced.time) if is_dated else found

    return facts


def _explained(watch: Watch | Skipped, outcome: Outcome) -> Outcome:
    """Return why an announced version changes nothing; who announces something wants to know."""
    if isinstance(watch, Skipped) or not isinstance(outcome, Decision) or not outcome.rejected:
        return outcome
    rejection = outcome.rejected[0]
    return Skipped(watch.release, rejection.objection.value, f"{rejection.tag}: {rejection.reason}")


def _gathered(outcomes: Sequence[Outcome]) -> Upgrades:
    return Upgrades(
        tuple(one for one in outcomes if isinstance(one, Update)),
        tuple(dict.fromkeys(one for one in outcomes if isinstance(one, Skipped))),
        sum(isinstance(one, Decision) for one in outcomes),
    )
