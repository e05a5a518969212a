"""What `plan`, `apply` and `status` print."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.cli.wire.documents import Document, Item, Located


class ObjectItem(Item, frozen=True, kw_only=True):
    """The identity of one Kubernetes object; `namespace` is empty for cluster-scoped ones."""

    api_version: str
    kind: str
    namespace: str
    name: str


class RevisionItem(Item, frozen=True, kw_only=True):
    """The exact content: the commit (null outside Git), and the digests of what went in and came out."""

    commit: str | None
    dirty: bool
    inputs_digest: str
    manifests_digest: str


class FieldItem(Item, frozen=True, kw_only=True):
    """One field that changes. `path` is a JSON Pointer, `owner` the manager that loses the field.

    A masked field reads `(secret)` twice, and `equal` says whether the two are the same.
    """

    path: str
    old: Any
    new: Any
    owner: str | None
    masked: bool | msgspec.UnsetType = msgspec.UNSET
    equal: bool | msgspec.UnsetType = msgspec.UNSET


class LeftAloneItem(Item, frozen=True, kw_only=True):
    """A declared field that is left to someone else: `reason` is `autoscaler`, `subresource` or `ignored`."""

    path: str
    reason: str
    declared: Any


class UndeclaredItem(Item, frozen=True, kw_only=True):
    """A field that somebody set and nobody declares; it stays as it is."""

    path: str
    owner: str


class ChangeItem(Item, frozen=True, kw_only=True):
    """One difference. `verified` is false, with a reason, where the server's dry run could not speak.

    `problem` is what the server said when it refused the dry run. `generated` are the fields (JSON Pointers) that the
    chart makes anew at each rendering.
    """

    action: str
    object: ObjectItem
    reason: str
    fields: list[FieldItem]
    verified: bool
    unverified_reason: str | None = None
    problem: str | None = None
    left_alone: list[LeftAloneItem] = msgspec.field(default_factory=list)
    generated: list[str] = msgspec.field(default_factory=list)
    undeclared: list[UndeclaredItem] = msgspec.field(default_factory=list)


class HookRun(Item, frozen=True, kw_only=True):
    """A hook that runs with the changes. `events` are Helm's words."""

    events: list[str]
    object: ObjectItem


class Summary(Item, frozen=True, kw_only=True):
    """How many objects each action concerns."""

    create: int = 0
    update: int = 0
    delete: int = 0
    recreate: int = 0
    keep: int = 0
    skip: int = 0


class Held(Item, frozen=True, kw_only=True):
    """A release held at a number: which inputs it must not take, who said so, since when and why."""

    number: int
    inputs_digest: str
    by: str
    since: str
    reason: str


class AppItem(Item, frozen=True, kw_only=True):
    """What becomes of an app: `verdict` is one of unchanged, inPlace, newVersion, underWay, back and removed.

    `version` is the one that it is about; the number of a new one is a guess. `live` has the traffic now. `promotion`
    says who lets the version go live: automatic, timer or person. `phase` is where its unit stands.
    """

    verdict: str
    version: str | None
    live: str | None
    promotion: str
    phase: str | None


class ReleasePlanItem(Located, frozen=True, kw_only=True):
    """What one release needs, in apply order; `notes` are what a reader must know beside the changes."""

    name: str
    revision: RevisionItem
    digest: str
    changes: list[ChangeItem]
    hooks: list[HookRun]
    notes: list[str]
    rollback_to: int | None
    held: Held | None
    summary: Summary
    app: AppItem | None = None


class UnansweredItem(Located, frozen=True, kw_only=True):
    """An environment whose cluster does not answer: the plan says nothing about it."""

    code: str
    message: str
    remedy: str | None


class Plan(Document, frozen=True, kw_only=True, tag="Plan"):
    """Everything that `apply` would do. `digest` is the plan's identity.

    `undeclared` are releases that were deployed from the same environments and stand in no file any more.
    """

    digest: str
    releases: list[ReleasePlanItem]
    summary: Summary
    undeclared: list[Located] = msgspec.field(default_factory=list)
    unanswered: list[UnansweredItem] = msgspec.field(default_factory=list)


class ChartItem(Item, frozen=True, kw_only=True):
    """The chart that a release was rendered from."""

    name: str
    version: str
    digest: str


class ObjectOutcomeItem(Item, frozen=True, kw_only=True):
    """What became of one object. `problem` says why it was not `done`; it is empty when the run ended before."""

    object: ObjectItem
    action: str
    done: bool
    problem: str


class DeploymentItem(Located, frozen=True, kw_only=True):
    """One execution of a plan for one release. `number` is null when nothing was recorded.

    `code` names the problem that decided, where one alone did (`locked`, `planOutdated`, `crashLoop`, ...).
    `rollbackTo` is the deployment that was deployed again, `version` what an app got, null for what is none.
    `requested` says that changes of an app that succeeded were only asked for, in whole or in part: its `code` says
    what they wait for, and `summary` counts them all the same. `history` and `show` add who did it, with what, from
    where and when; `show` adds what became of each object, and for releases that are no charts the manifests, with
    secrets masked.
    """

    number: int | None
    outcome: str
    revision: RevisionItem | None
    plan_digest: str | None
    summary: Summary
    health: str | None
    duration_seconds: float
    explanation: str | None
    code: str | None = None
    rollback_to: int | None = None
    version: str | None = None
    requested: bool = False
    started_at: str | msgspec.UnsetType = msgspec.UNSET
    finished_at: str | msgspec.UnsetType | None = msgspec.UNSET
    by: str | msgspec.UnsetType = msgspec.UNSET
    host: str | msgspec.UnsetType = msgspec.UNSET
    tool_version: str | msgspec.UnsetType = msgspec.UNSET
    objects: list[ObjectOutcomeItem] | msgspec.UnsetType = msgspec.UNSET
    chart: ChartItem | msgspec.UnsetType | None = msgspec.UNSET
    values_digest: str | msgspec.UnsetType | None = msgspec.UNSET
    manifests: list[dict[str, Any]] | msgspec.UnsetType | None = msgspec.UNSET


class Deployments(Document, frozen=True, kw_only=True, tag="Deployments"):
    """What `apply` did, or what is recorded of it."""

    deployments: list[DeploymentItem]


class LastDeployment(DeploymentItem, frozen=True, kw_only=True):
    """A recorded deployment: who did it, with what, from where and when."""

    started_at: str
    finished_at: str | None
    by: str
    host: str
    tool_version: str


class StatusItem(Located, frozen=True, kw_only=True):
    """How one release is, why, since when, and what happens next."""

    name: str
    health: str
    drift: str
    drifted_objects: list[ObjectItem]
    since: str | None
    cause: str | None
    cause_code: str | None
    next: str | None
    revision: RevisionItem | None
    last_deployment: LastDeployment | None
    held: Held | None


class Status(Document, frozen=True, kw_only=True, tag="Status"):
    """The state of releases, observed now."""

    releases: list[StatusItem]
