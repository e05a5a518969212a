"""What a process that takes webhooks does about the images that they announce."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.text import Text

from fairlead.cli.options import Where
from fairlead.cli.run import Run
from fairlead.cli.selecting import chosen_targets
from fairlead.cli.text.announced import acted_lines, failed_line
from fairlead.cli.upgrading import Acting, Search
from fairlead.cli.wire.upgrades import Updates, updates_document
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.updates import Upgrades
from fairlead.domain.webhooks.receivers import Receiver
from fairlead.pipeline.application import Application
from fairlead.pipeline.upgrades.announced import Consumer, announcements, earlier
from fairlead.pipeline.upgrades.upgrading import Upgrading
from fairlead.ports.deliveries import DeliveryQueue, Work
from fairlead.server.apart import apart
from fairlead.server.receiving import receivers_in

QUEUE = "deliveries.sqlite"


@dataclass(frozen=True, slots=True)
class Announced:
    """Which releases are meant, and what is done about their updates."""

    where: Where
    acting: Acting
    run: Run

    def receivers(self, file: Path) -> Mapping[str, Receiver]:
        """Return who may send; their secrets are shown nowhere.

        Raises:
            InputError: with every mistake of the file, a missing secret among them.
        """
        surroundings = self.run.surroundings
        found = receivers_in(surroundings.directory / file, surroundings.settings.environ)
        surroundings.redactor.register(receiver.secret for receiver in found.values())
        return found

    def check(self, application: Application) -> None:
        """Refuse a choice of releases that means nothing now, not at the first delivery."""
        chosen_targets(application, self.where, everything=True)

    def consumer(self, queue: DeliveryQueue) -> Consumer:
        """Return what acts on deliveries that wait."""
        return Consumer(queue, self._act, self.run.surroundings.clock, self._fell)

    async def _act(self, works: Sequence[Work]) -> None:
        """Read the files anew, weigh what was announced, do what is asked, and tell."""
        document = await apart(partial(self._acted, works))
        self.run.output.lines(acted_lines(works, document, skipped=self.run.common.verbose > 0))

    async def _acted(self, works: Sequence[Work]) -> Updates:
        async def find(upgrading: Upgrading, targets: Sequence[Target]) -> Upgrades:
            return await upgrading.observe_all(targets, announcements(works), earlier(works))

        async with self.run.application(self.where.declared) as application:
            found, done = await Search(self.where, find, settles=False).carried_out(application, self.acting)
        return updates_document(found, done.patched, done.proposed)

    def _fell(self, works: Sequence[Work], error: Exception, delay: float) -> None:
        run = self.run
        run.output.note([Text(run.surroundings.redactor.text(failed_line(works, error, delay)))])
