"""A plan as a file holds it: enough to make it again somewhere else, and to say what has changed since.

It holds no secret values. Those come from the rendering that is made when the plan is applied; what a chart generates
anew each time (a date, say) comes from the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fairlead.domain.bookkeeping import chart_of, values_digest
from fairlead.domain.changes import MASKED, Action, Change, FieldChange, PlanOptions, ReleasePlan
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision, object_ref, sha256_json
from fairlead.domain.manifests import Manifest
from fairlead.domain.masking import holds_secret
from fairlead.domain.records import object_ref_from
from fairlead.domain.rendering import RenderedRelease
from fairlead.domain.withholding import Withheld, refilled, withheld_from, withhold

API_VERSION: Final = "fairlead.dev/v1"
KIND: Final = "SavedPlan"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class SavedChange:
    """One change, as far as it is needed to recognise it. `fields` are what was shown, secrets masked."""

    action: Action
    ref: ObjectRef
    uid: str | None
    digest: str
    live_digest: str | None
    fields: tuple[FieldChange, ...] = ()

    @classmethod
    def of(cls, change: Change, secrets: Sequence[str]) -> SavedChange:
        """Return a change as it is saved."""
        fields = tuple(_masked(one, secrets) for one in change.fields)
        return cls(change.action, change.ref, change.uid, change.digest, change.live_digest, fields)

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "action": self.action.value,
            "object": self.ref.to_json(),
            "uid": self.uid,
            "digest": self.digest,
            "liveDigest": self.live_digest,
            "fields": [one.to_json() for one in self.fields],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> SavedChange:
        """Read the stored form; KeyError, TypeError, AttributeError or ValueError when it is none."""
        return cls(
            Action(stored["action"]),
            object_ref_from(stored["object"]),
            stored["uid"],
            stored["digest"],
            stored["liveDigest"],
            tuple(FieldChange(**field) for field in stored["fields"]),
        )


@dataclass(frozen=True, slots=True)
class SavedRelease:
    """One release of a saved plan.

    `writes` says that it was planned as what it becomes, not as what is deployed. `generates`: its chart may render to
    something else each time, so `manifests` count, except for the secret values. They are a chart's `crds/`, then the
    objects, then the hooks. `hooks` are those that run, in their order; no digest of a plan tells of them. `app` is by
    what the plan of an app's unit is recognised.
    """

    key: ReleaseKey
    cluster_uid: str
    digest: str
    revision: Revision
    changes: tuple[SavedChange, ...]
    manifests: tuple[Withheld, ...] = field(repr=False)
    hooks: tuple[ObjectRef, ...] = ()
    chart: Mapping[str, str] | None = None
    values_digest: str | None = None
    generates: bool = False
    writes: bool = True
    is_removal: bool = False
    app: tuple[str, str] | None = None

    @classmethod
    def of(cls, release: ReleasePlan, cluster_uid: str, secrets: Sequence[str]) -> SavedRelease:
        """Return the plan of a release as it is saved; `secrets` are all clear texts that may not be."""
        rendered = release.rendered
        return cls(
            release.key,
            cluster_uid,
            release.digest,
            release.revision,
            tuple(SavedChange.of(change, secrets) for change in release.own),
            tuple(withhold(manifest.data, secrets) for manifest in rendered.everything),
            tuple(hook.manifest.ref for hook in release.running),
            chart_of(rendered),
            values_digest(rendered),
            generates=rendered.generates,
            writes=release.writes,
            is_removal=release.is_removal,
            app=None if release.app is None else release.app.identity,
        )

    def refill(self, rendered: RenderedRelease) -> RenderedRelease:
        """Return another rendering of the release as the one that was saved, where its chart generates values.

        What does not have the same objects, or not the same secret places, stays as it is.
        """
        fresh = rendered.everything
        if not self.generates or [one.ref for one in fresh] != [object_ref(kept.data) for kept in self.manifests]:
            return rendered
        filled: list[Manifest] = []
        for kept, manifest in zip(self.manifests, fresh, strict=True):
            data = refilled(kept, manifest.data)
            filled.append(manifest if data is None else replace(manifest, data=data))
        objects = len(rendered.crds) + len(rendered.manifests)
        hooks = zip(rendered.hooks, filled[objects:], strict=True)
        return replace(
            rendered,
            crds=tuple(filled[: len(rendered.crds)]),
            manifests=tuple(filled[len(rendered.crds) : objects]),
            hooks=tuple(replace(hook, manifest=manifest) for hook, manifest in hooks),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            **self.key.to_json(),
            "clusterUid": self.cluster_uid,
            "digest": self.digest,
            "revision": self.revision.to_json(),
            "chart": None if self.chart is None else dict(self.chart),
            "valuesDigest": self.values_digest,
            "generates": self.generates,
            "writes": self.writes,
            "removal": self.is_removal,
            "app": None if self.app is None else list(self.app),
            "changes": [one.to_json() for one in self.changes],
            "hooks": [ref.to_json() for ref in self.hooks],
            "manifests": [{"object": dict(one.data), "withheld": list(one.places)} for one in self.manifests],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> SavedRelease:
        """Read the stored form; KeyError, TypeError, AttributeError or ValueError when it is none."""
        revision = stored["revision"]
        return cls(
            ReleaseKey(stored["environment"], stored["cluster"], stored["namespace"], stored["release"]),
            stored["clusterUid"],
            stored["digest"],
            Revision(
                Commit(revision["commit"], revision["dirty"]), revision["inputsDigest"], revision["manifestsDigest"]
            ),
            tuple(SavedChange.from_json(one) for one in stored["changes"]),
            tuple(withheld_from(one) for one in stored["manifests"]),
            tuple(object_ref_from(one) for one in stored["hooks"]),
            stored["chart"],
            stored["valuesDigest"],
            generates=stored["generates"],
            writes=stored["writes"],
            is_removal=stored["removal"],
            app=None if (app := stored.get("app")) is None else (str(app[0]), str(app[1])),
        )


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan that can be applied later, by somebody else, or not at all. `options` are how it was made."""

    digest: str
    releases: tuple[SavedRelease, ...]
    options: PlanOptions = field(default_factory=PlanOptions)
    tool_version: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the stored form. `checksum` covers all the rest, against damage on the way."""
        content = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "format": FORMAT,
            "toolVersion": self.tool_version,
            "digest": self.digest,
            "options": {"recreate": self.options.recreate, "takeOwnership": self.options.take_ownership},
            "releases": [one.to_json() for one in self.releases],
        }
        return {**content, "checksum": sha256_json(content)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> SavedPlan:
        """Read the stored form; KeyError, TypeError, AttributeError or ValueError when it is none."""
        options = stored["options"]
        return cls(
            stored["digest"],
            tuple(SavedRelease.from_json(one) for one in stored["releases"]),
            PlanOptions(recreate=options["recreate"], take_ownership=options["takeOwnership"]),
            stored["toolVersion"],
        )


def _masked(change: FieldChange, secrets: Iterable[str]) -> FieldChange:
    known = tuple(secrets)
    if change.masked or not (holds_secret(change.old, known) or holds_secret(change.new, known)):
        return change
    old, new = (None if value is None else MASKED for value in (change.old, change.new))
    return replace(change, old=old, new=new, masked=True, equal=change.old == change.new)
