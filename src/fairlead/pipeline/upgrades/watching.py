"""From releases with triggers to what they watch: their values are read, and their charts only where it matters."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fairlead.domain.config import App, Chart, ChartDir, ChartOci, ChartReference, Release
from fairlead.domain.errors import FairleadError
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.images import ImageName
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.policy import Policy
from fairlead.domain.upgrades.triggers import ChartTrigger, ImageTrigger
from fairlead.domain.upgrades.updates import Holds, Skipped, Standing
from fairlead.domain.upgrades.watching import Unwatched, Watched, may_be_prefixed, watched_image
from fairlead.domain.upgrades.watching_apps import watched_in_app
from fairlead.domain.values import Layer
from fairlead.pipeline.chart_values import over_chart
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.render import AT_ONCE, Rendering
from fairlead.pipeline.values import Sources, Values, effective_values

PublishedChart = ChartReference | ChartOci
Subject = ImageName | PublishedChart
_CHART_MAY_TELL = ("imageMissing", "tagMissing")


@dataclass(frozen=True, slots=True)
class Watch:
    """One trigger of one release: what it watches, and what stands there now.

    `pins_digest` writes the digest of a new tag, also where only the present text pins one: what is pinned stays so.
    `follows_digest` also writes that of the present tag when it has moved.
    """

    release: ReleaseKey
    policy: Policy
    subject: Subject
    current: str
    standing: Standing
    digest: str | None = None
    pins_digest: bool = False
    follows_digest: bool = False
    platform: str | None = None

    @property
    def wants_anything(self) -> bool:
        """Whether the trigger can lead to any change."""
        return self.policy.wants_new or self.follows_digest

    @property
    def subject_name(self) -> str:
        """The image without tag, or the chart as it is declared."""
        return str(self.subject) if isinstance(self.subject, ImageName) else self.subject.reference


async def watches(targets: Sequence[Target], rendering: Rendering) -> tuple[Watch | Skipped, ...]:
    """Return what releases watch, in their order; `Skipped` for a trigger of which that cannot be told."""
    rendering, room = rendering.for_one_run(), asyncio.Semaphore(AT_ONCE)

    async def bounded(target: Target) -> list[Watch | Skipped]:
        async with room:
            return await _watches(target, rendering)

    found = await at_once(bounded(target) for target in targets if target.release.triggers)
    return tuple(each for of_release in found for each in of_release)


async def _watches(target: Target, rendering: Rendering) -> list[Watch | Skipped]:
    found: list[Watch | Skipped] = []
    values: Values | Skipped | None = None
    source = target.release.source
    for trigger in target.release.triggers:
        if isinstance(trigger, ChartTrigger):
            found.append(_chart_watch(target, trigger))
            continue
        if isinstance(source, App):
            in_app = watched_in_app(trigger, source.descriptor, target.release.place.file)
            found.append(_watch(target, trigger, in_app))
            continue
        values = values or await _values(target, rendering)
        if isinstance(values, Skipped):
            found.append(values)
        else:
            found.append(await _image_watch(target, trigger, values, rendering))
    return found


def _chart_watch(target: Target, trigger: ChartTrigger) -> Watch | Skipped:
    chart = target.release.source
    if isinstance(chart, App):
        return Skipped(target.key, "chartNotPublished", "it is an app, which has no chart")
    if not isinstance(chart, PublishedChart):
        return Skipped(target.key, "chartNotPublished", "its chart comes from no repository, so it has no versions")
    standing = Standing("chart.version", Holds.CHART_VERSION, chart.version, file=target.release.place.file)
    return Watch(target.key, trigger.policy, chart, chart.version, standing)


async def _values(target: Target, rendering: Rendering) -> Values | Skipped:
    """Return the declared values, secrets and addresses unread."""
    if not isinstance(target.release.source, Chart):
        return Skipped(target.key, "valuesMissing", "it is no chart, so no value holds its image")
    try:
        return await effective_values(rendering.declaration, target, rendering.values_files, Sources())
    except FairleadError as error:
        return Skipped.because(target.key, error)


async def _image_watch(target: Target, trigger: ImageTrigger, values: Values, rendering: Rendering) -> Watch | Skipped:
    declared = watched_image(trigger, values.tree)
    found = declared
    if _needs_chart(trigger, values, declared):
        try:
            full = await over_chart(values, target, rendering)
            found = watched_image(trigger, full.tree)
        except FairleadError as error:
            # What is declared may say enough by itself; a chart that cannot be had now shall not stop that.
            if isinstance(declared, Unwatched):
                return Skipped.because(target.key, error)
    return _watch(target, trigger, found)


def _watch(target: Target, trigger: ImageTrigger, found: Watched | Unwatched) -> Watch | Skipped:
    if isinstance(found, Unwatched):
        return Skipped(target.key, found.code, found.reason)
    return Watch(
        target.key,
        trigger.policy,
        found.image,
        found.tag,
        _placed(found.standing, target.release),
        found.digest,
        pins_digest=trigger.pins_digest or found.digest is not None,
        follows_digest=trigger.pins_digest,
        platform=trigger.platform,
    )


def _needs_chart(trigger: ImageTrigger, values: Values, found: Watched | Unwatched) -> bool:
    if isinstance(found, Unwatched):
        return found.code in _CHART_MAY_TELL
    return may_be_prefixed(trigger, values.tree)


def _placed(standing: Standing, release: Release) -> Standing:
    """Return where a text stands; of a chart's own values only those of a directory lie in the repository."""
    if standing.layer is not Layer.CHART:
        return standing
    chart = release.source
    return replace(standing, file=f"{chart.path}/values.yaml" if isinstance(chart, ChartDir) else None)
