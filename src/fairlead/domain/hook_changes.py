"""Whether the hooks of a release are a reason to deploy it: they changed, or still owe their run.

A deployment runs the hooks of its occasion, whatever changes. But where only a hook was changed, no object differs, so
what hooks are is remembered by digest: on Helm's record for charts, in the release's state for all others. The hooks of
a chart that generates values (random names, dates) differ each time; they count as changed only with other inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from fairlead.domain.changes import Action, Change, ReleasePlan
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.hooks import Fingerprints, fingerprints, name_of, ref_of
from fairlead.domain.rendering import Hook, RenderedRelease
from fairlead.domain.state import ReleaseState

HOOK: Final = "hook"
"""The reason of a change that is about a hook; its object is written when the hook runs."""

HOOK_GONE: Final = "hook, no longer declared"
"""The reason of a change that only forgets a hook; its object stays."""
_OWED: Final = "its last deployment ended before its last hooks had run: they run now"


def with_due_hooks(release: ReleasePlan) -> ReleasePlan:
    """Return a plan that says what of the hooks is a reason to deploy, given what is stored of the release."""
    if release.is_removal or release.stored is None:
        return release
    state, rendered = release.stored.state, release.rendered
    before = None if _is_chance(rendered, state) else _remembered(rendered, state)
    changes = () if before is None else (*_changed(rendered, before), *_gone(rendered, before))
    owed = (_OWED,) if release.hooks_after and _ended_early(rendered, state) else ()
    return replace(release, hook_changes=changes, hooks_due=bool(owed), notes=(*release.notes, *owed))


def require_apart(release: ReleasePlan) -> None:
    """Refuse hooks that would take the place of an ordinary object of the same release.

    Right before an object is created, a hook of its name does no harm: it becomes that object.

    Raises:
        InputError: `hookIsObject`, each with its place.
    """
    objects = {change.ref: change.action for change in release.changes if not change.is_pruning}
    makes = (Action.CREATE, Action.RECREATE)
    harmful = [hook for hook in release.hooks_before if objects.get(hook.manifest.ref, Action.CREATE) not in makes]
    harmful += [hook for hook in release.hooks_after if hook.manifest.ref in objects]
    if harmful and release.writes:
        raise InputError([_clash(hook, release) for hook in harmful])


def _remembered(rendered: RenderedRelease, state: ReleaseState) -> Fingerprints | None:
    return state.hooks if rendered.use is None else rendered.use.past.hooks


def _is_chance(rendered: RenderedRelease, state: ReleaseState) -> bool:
    generates = rendered.use is not None and rendered.use.chart.generates
    return generates and state.inputs_digest in ("", rendered.inputs_digest)


def _changed(rendered: RenderedRelease, before: Fingerprints) -> Iterator[Change]:
    now = fingerprints(rendered.hooks, rendered.key.namespace)
    refs = {name_of(hook): hook.manifest.ref for hook in rendered.hooks}
    for name, digest in now.items():
        if before.get(name) != digest:
            yield Change(Action.UPDATE, refs[name], reason=HOOK)


def _gone(rendered: RenderedRelease, before: Fingerprints) -> Iterator[Change]:
    for name in sorted(set(before) - {name_of(hook) for hook in rendered.hooks}):
        yield Change(Action.UPDATE, ref_of(name, rendered.key.namespace), reason=HOOK_GONE)


def _ended_early(rendered: RenderedRelease, state: ReleaseState) -> bool:
    """Whether the last deployment, unless Helm made a later one, did not succeed."""
    last = state.last
    if last is None or last.deployment.outcome.is_good:
        return False
    deployed = rendered.use.past.deployed if rendered.use is not None else None
    return deployed is None or deployed.revision <= last.number


def _clash(hook: Hook, release: ReleasePlan) -> Problem:
    manifest = hook.manifest
    return Problem(
        "hookIsObject",
        f"{manifest.ref} is a hook ({', '.join(hook.events)}) of release {release.key.release} and also one of its "
        "objects, which the hook would replace",
        file=manifest.source,
        line=manifest.line,
        remedy="give one of the two another name",
    )
