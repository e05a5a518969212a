"""What became of announced images, for people: a line for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from fairlead.cli.text.layout import plural
from fairlead.cli.text.upgrades import fate
from fairlead.cli.wire.upgrades import UpdateItem, Updates
from fairlead.domain.joining import joined
from fairlead.domain.webhooks.deliveries import ImagePushed
from fairlead.ports.deliveries import Work

_TAGS = 3  # tags of one image that are named


def acted_lines(works: Sequence[Work], document: Updates, *, skipped: bool) -> Iterator[Text]:
    """Return one line for each image, and one for each update of it; with `skipped` also why releases have none."""
    for work in works:
        updates = [update for update in document.updates if update.image == work.subject]
        yield Text.assemble((work.subject, "bold"), f" {_tags(work)}: ", "" if updates else "no release wants it")
        for update in updates:
            yield _update(update)
    for one in document.skipped if skipped else ():
        yield Text(f"  {one.environment}/{one.release}  skipped, {one.code}: {one.reason}", "dim")


def failed_line(works: Sequence[Work], error: Exception, delay: float) -> str:
    """Return what to say when acting failed."""
    what = works[0].subject if len(works) == 1 else plural(len(works), "image")
    return joined((f"{what}: {str(error) or type(error).__name__}", f"trying again in {delay:.0f} s"))


def _tags(work: Work) -> str:
    tags = [each.tag for each in work.announcements if isinstance(each, ImagePushed)]
    more = f" and {len(tags) - _TAGS} more" if len(tags) > _TAGS else ""
    return ", ".join(tags[-_TAGS:]) + more


def _update(update: UpdateItem) -> Text:
    written = f"written to {update.file}:{update.line}" if update.patched else fate(update) or update.note
    change = f"{update.from_} -> {update.to}" if update.from_ != update.to else f"{update.to}, another image now"
    return Text.assemble(
        f"  {update.environment}/{update.release}  ", (change, "green"), f"  {update.key}, {written or 'not written'}"
    )
