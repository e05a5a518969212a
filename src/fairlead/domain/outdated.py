"""What has changed since a plan was saved, so that it may not be applied any more: inputs, objects, fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.domain.bookkeeping import chart_of, values_digest
from fairlead.domain.changes import Change, FieldChange, ReleasePlan
from fairlead.domain.differences import differences
from fairlead.domain.errors import Problem
from fairlead.domain.identity import ObjectRef, ReleaseKey, object_ref
from fairlead.domain.json_patch import format_pointer
from fairlead.domain.saved_plans import SavedChange, SavedRelease
from fairlead.domain.withholding import Withheld, without_places

REMEDY = "plan again, look at it, and apply that"


@dataclass(frozen=True, slots=True)
class Since:
    """One thing that is different now. `ref` is None where it is about the release, `path` a JSON Pointer or empty."""

    key: ReleaseKey
    what: str
    ref: ObjectRef | None = None
    path: str = ""

    @property
    def sentence(self) -> str:
        """What is different, in words."""
        return " ".join(filter(None, (str(self.ref or ""), self.path, self.what)))

    def problem(self, file: str) -> Problem:
        """Return it as the reason why a plan is refused."""
        place = " ".join(filter(None, (str(self.key), str(self.ref or ""), self.path)))
        return Problem("planOutdated", f"{self.key}: {self.sentence}", file=file, path=place, remedy=REMEDY)


def since(saved: SavedRelease, now: ReleasePlan) -> tuple[Since, ...]:
    """Return what is different about a release; nothing when its plan is still the same."""
    hooks = list(_hooks(saved, now))
    if saved.digest == now.digest:
        return tuple(hooks)
    declared = list(_objects(saved, now))
    changes = _changes(saved, now, {one.ref for one in declared})
    found = [*_inputs(saved, now), *_app(saved, now), *declared, *changes, *hooks]
    return tuple(found) or (Since(saved.key, "is planned in another way than it was"),)


def _inputs(saved: SavedRelease, now: ReleasePlan) -> Iterator[Since]:
    """Name what went into the rendering, as far as the parts are known."""
    if saved.revision.inputs_digest == now.revision.inputs_digest:
        return
    before, after = saved.revision.source.commit, now.revision.source.commit
    commits = f" (commit {before[:12]} then, {after[:12]} now)" if before and after and before != after else ""
    chart, parts = chart_of(now.rendered), []
    if saved.chart != chart:
        parts.append(_chart(saved.chart, chart))
    if saved.values_digest != values_digest(now.rendered):
        parts.append("its values changed")
    if not parts:
        known = "its files or patches" if chart is None else "the cluster's version or kinds, the renderer, or patches"
        parts.append(f"{known} changed")
    yield Since(saved.key, " and ".join(parts) + commits)


def _chart(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> str:
    named = _named(before), _named(after)
    return f"the files of chart {named[1]} changed" if named[0] == named[1] else f"chart was {named[0]}, is {named[1]}"


def _named(chart: Mapping[str, str] | None) -> str:
    return "none" if chart is None else f"{chart['name']} {chart['version']}"


def _app(saved: SavedRelease, now: ReleasePlan) -> Iterator[Since]:
    """Name what is different about an app's unit."""
    verdict, live = saved.app or ("", "")
    verdict_now, live_now = now.app.identity if now.app is not None else ("", "")
    if live != live_now:
        yield Since(saved.key, f"had version {live or 'none'} live, has {live_now or 'none'} now")
    elif verdict != verdict_now:
        yield Since(saved.key, f"was planned as {verdict or 'none'} of an app, is {verdict_now or 'none'} now")


def _objects(saved: SavedRelease, now: ReleasePlan) -> Iterator[Since]:
    """Compare what was wanted with what is wanted now; secret values are compared by the digests of the changes."""
    before = {object_ref(kept.data): kept for kept in saved.manifests}
    after = {manifest.ref: manifest.data for manifest in now.rendered.everything}
    for ref in [*before, *(ref for ref in after if ref not in before)]:
        if ref not in after:
            yield Since(saved.key, "was declared, and is no more", ref)
        elif ref not in before:
            yield Since(saved.key, "was not declared, and is now", ref)
        else:
            for path, what in _fields(before[ref], after[ref]):
                yield Since(saved.key, what, ref, path)


def _fields(kept: Withheld, fresh: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in differences(kept.data, without_places(fresh, kept.places)):
        yield format_pointer(one.steps), "is declared otherwise"


def _changes(saved: SavedRelease, now: ReleasePlan, named: Iterable[ObjectRef | None]) -> Iterator[Since]:
    """Compare the changes; an object whose declaration is known to differ needs no second reason."""
    known = set(named)
    secret = {object_ref(kept.data) for kept in saved.manifests if kept.places}
    before, after = {one.ref: one for one in saved.changes}, {one.ref: one for one in now.own}
    for ref in [*before, *(ref for ref in after if ref not in before)]:
        if ref not in known:
            for what, path in _change(before.get(ref), after.get(ref), holds_secrets=ref in secret):
                yield Since(saved.key, what, ref, path)


def _hooks(saved: SavedRelease, now: ReleasePlan) -> Iterator[Since]:
    """Which hooks run depends on what is deployed, too: an upgrade runs others than an installation."""
    before, after = saved.hooks, tuple(hook.manifest.ref for hook in now.running)
    yield from (Since(saved.key, "was to run as a hook, and is not", ref) for ref in before if ref not in after)
    yield from (Since(saved.key, "was not to run as a hook, and is", ref) for ref in after if ref not in before)
    if before != after and set(before) == set(after):
        yield Since(saved.key, "is to run its hooks in another order")


def _change(before: SavedChange | None, after: Change | None, *, holds_secrets: bool) -> Iterator[tuple[str, str]]:
    if before is None or after is None:
        yield ("was not in the plan" if before is None else "is no longer in the plan"), ""
        return
    if before.uid != after.uid:
        yield _life(before.uid, after.uid), ""
        return
    if before.digest != after.digest:
        yield ("has other secret values" if holds_secrets else "has other fields that are left alone"), ""
    if before.live_digest != after.live_digest:
        paths = sorted(_moved(before.fields, after.fields)) or [""]
        yield from (("was changed in the cluster", path) for path in paths)
    elif before.action is not after.action:
        yield f"was to {before.action.value}, is to {after.action.value}", ""


def _life(before: str | None, after: str | None) -> str:
    if before is None:
        return "was made in the cluster by somebody else"
    return "was deleted in the cluster" if after is None else "was deleted in the cluster and made anew"


def _moved(before: Iterable[FieldChange], after: Iterable[FieldChange]) -> set[str]:
    """Return the fields whose live value is another one."""
    olds, news = ({one.path: one for one in fields} for fields in (before, after))
    return {path for path in {*olds, *news} if olds.get(path) != news.get(path)}
