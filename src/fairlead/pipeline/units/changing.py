"""What becomes of the objects of a unit, as changes of a plan: a new version, in place of one, back to one, or gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fairlead.domain.app_planning import SWITCH, changed, created, deleted, kept
from fairlead.domain.app_releases import AppUse
from fairlead.domain.apps.configuration import HASH_DIGITS
from fairlead.domain.changes import Change
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.manifests import JsonObject
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.describing import contents_of
from fairlead.pipeline.units.differing import in_place


def unchanged(contents: Contents, *, is_live: bool) -> tuple[Change, ...]:
    """Return that a version stays as it is; one that is not live has nothing that traffic comes by."""
    return tuple(map(kept, _all(contents) if is_live else contents.own))


def new_version(new: Contents, use: AppUse, live: Contents | None, secrets: Sequence[str]) -> tuple[Change, ...]:
    """Return what makes a new version and leads the traffic to it, each part compared with that of the live one."""
    if live is None:
        return tuple(created(obj, None, obj, secrets) for obj in (*_all(new), *new.previews))
    like = contents_of(use.descriptor, live.version, use.inputs)
    return (
        *_configuration(new, live, secrets),
        *_versioned(new, like, live, secrets),
        *(changed(None, obj, secrets) for obj in new.previews),
        *_shared(new, live, secrets),
    )


def around(now: Contents, wanted: Contents, secrets: Sequence[str]) -> tuple[Change, ...]:
    """Return what is changed in place of a live version."""
    then = in_place(now, wanted)
    before, after = _by_ref((*_all(now), *now.previews)), _by_ref((*_all(then), *then.previews))
    made = (changed(before.get(ref), obj, secrets) for ref, obj in after.items())
    return (*made, *(deleted(obj) for ref, obj in before.items() if ref not in after))


def returning(target: Contents, live: Contents | None, secrets: Sequence[str], *, is_gone: bool) -> tuple[Change, ...]:
    """Return what leads the traffic back to an earlier version; one that is gone is made anew."""
    own = (created(obj, None, obj, secrets) if is_gone else kept(obj) for obj in target.own)
    return (*own, *_shared(target, target if live is None else live, secrets))


def removal(versions: Iterable[Contents]) -> tuple[Change, ...]:
    """Return what goes with a unit."""
    found = _by_ref(obj for one in versions for obj in _all(one))
    return tuple(deleted(obj) for obj in found.values())


def _all(contents: Contents) -> tuple[JsonObject, ...]:
    return (*contents.own, *contents.autoscalers, *contents.routes, *contents.outside)


def _configuration(new: Contents, live: Contents, secrets: Sequence[str]) -> Iterator[Change]:
    """Compare what has its content in its name by the rest of the name."""
    before = {_plain_name(obj): obj for obj in live.configuration}
    for obj in new.configuration:
        old = before.get(_plain_name(obj))
        if object_ref(obj) in live.configured:
            yield kept(obj)
        else:
            yield created(obj, old, obj if old is None else {**obj, "metadata": old["metadata"]}, secrets)


def _plain_name(obj: JsonObject) -> tuple[str, str]:
    ref = object_ref(obj)
    return ref.kind, ref.name[: -HASH_DIGITS - 1]


def _versioned(new: Contents, like: Contents, live: Contents, secrets: Sequence[str]) -> Iterator[Change]:
    """Compare what carries its version in its name under the names of the live version."""
    before = _by_ref((*live.own, *live.autoscalers))
    for obj, named in zip(_of_version(new), _of_version(like), strict=True):
        yield created(obj, before.get(object_ref(named)), named, secrets)


def _of_version(contents: Contents) -> tuple[JsonObject, ...]:
    return (*contents.services, *contents.budgets, *contents.workloads.values(), *contents.autoscalers)


def _shared(after: Contents, before: Contents, secrets: Sequence[str]) -> Iterator[Change]:
    """Compare what the unit has once: where traffic goes, and what leads to it from outside."""
    routes, outside = _by_ref(before.routes), _by_ref(before.outside)
    for obj in after.routes:
        yield changed(routes.get(object_ref(obj)), obj, secrets, reason=SWITCH)
    for obj in after.outside:
        yield changed(outside.pop(object_ref(obj), None), obj, secrets)
    yield from map(deleted, outside.values())


def _by_ref(objects: Iterable[JsonObject]) -> dict[ObjectRef, JsonObject]:
    return {object_ref(obj): obj for obj in objects}
