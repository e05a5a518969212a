"""Plans of every sort, as people and programs are shown them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairlead.domain.additions import Addition
from fairlead.domain.changes import Action, Change, FieldChange, LeftAlone, Plan, ReleasePlan, Unverified
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import Hook, RenderedRelease

REVISION = Revision(Commit("a1b2c3d4e5f6", dirty=False), "sha256:11", "sha256:22")


def ref(kind: str, name: str, *, api: str = "v1", namespace: str = "shop") -> ObjectRef:
    return ObjectRef(api, kind, namespace, name)


def release(name: str, *changes: Change, hooks: tuple[Hook, ...] = (), environment: str = "test") -> ReleasePlan:
    key = ReleaseKey(environment, "sandbox-1", "shop", name)
    rendered = RenderedRelease(key, "sha256:11", ())
    return ReleasePlan(key, REVISION, changes, rendered, digest="sha256:33", hooks_before=hooks)


def keep(number: int) -> tuple[Change, ...]:
    return tuple(Change(Action.KEEP, ref("ConfigMap", f"config-{index}")) for index in range(number))


CONFIG_OLD = "listen 80;\nworkers 2;\nlog info;\n"


CONFIG_NEW = "listen 80;\nworkers 4;\nlog info;\n"


WEB = ref("Deployment", "web", api="apps/v1")


MIGRATION: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "migrate", "namespace": "shop"},
}


MIGRATE = Hook(("pre-upgrade",), 0, (), Manifest(MIGRATION, "web.yaml"))


UPDATES = Change(
    Action.UPDATE,
    WEB,
    fields=(
        FieldChange("/spec/replicas", 2, 3, owner="kubectl-edit"),
        FieldChange(
            "/spec/template/spec/containers/0/image",
            "registry.sandbox.local:5000/shop/web:1.4.2",
            "registry.sandbox.local:5000/shop/web:1.5.0",
        ),
        FieldChange("/metadata/annotations/shop.test~1team", None, "payments"),
        FieldChange("/spec/template/spec/priorityClassName", "low", None),
    ),
    left_alone=(LeftAlone("/spec/replicas", "autoscaler", 3),),
    additions=(Addition("/metadata/annotations/note", "kubectl-annotate"),),
)


PLANS = {
    "changes": Plan(
        (
            release(
                "web",
                Change(Action.CREATE, ref("Service", "web"), verified=False, unverified_reason=Unverified.CREATE),
                UPDATES,
                Change(
                    Action.UPDATE, ref("ConfigMap", "web"), fields=(FieldChange("/data/web", CONFIG_OLD, CONFIG_NEW),)
                ),
                Change(
                    Action.UPDATE,
                    ref("Secret", "web"),
                    fields=(FieldChange("/data/key", "(secret)", "(secret)", masked=True, equal=False),),
                ),
                Change(Action.DELETE, ref("Service", "old"), reason="no longer declared"),
                Change(Action.RECREATE, ref("Job", "seed", api="batch/v1"), reason="immutable field"),
                Change(
                    Action.CREATE,
                    ref("Widget", "w", api="acme.test/v1", namespace="elsewhere"),
                    verified=False,
                    unverified_reason=Unverified.CRD_NOT_YET,
                ),
                *keep(3),
                hooks=(Hook(("pre-upgrade",), 0, (), Manifest(MIGRATION, "web/templates/job.yaml")),),
            ),
            release("db", *keep(1)),
            release("web", *keep(2), environment="staging"),
        ),
        "sha256:44",
    ),
    "unchanged": Plan((release("web", *keep(4)), release("db", *keep(1))), "sha256:44"),
    "refused": Plan(
        (
            release(
                "web",
                Change(
                    Action.UPDATE,
                    WEB,
                    fields=(FieldChange("/spec/replicas", 2, -1),),
                    verified=False,
                    unverified_reason=Unverified.REFUSED,
                    problem="spec.replicas: Invalid value: -1: must be greater than or equal to 0",
                ),
            ),
        ),
        "sha256:44",
    ),
    "told": Plan(
        (
            replace(
                release(
                    "web",
                    Change(Action.CREATE, ref("Secret", "web"), verified=False, unverified_reason=Unverified.CREATE),
                    Change(
                        Action.CREATE,
                        ref("Widget", "w", api="acme.test/v1"),
                        verified=False,
                        unverified_reason=Unverified.CRD_NOT_YET,
                        problem="the cluster serves no Widget of acme.test/v1",
                    ),
                ),
                generated={ref("Secret", "web"): ("/data/password", "/data/token")},
            ),
        ),
        "sha256:44",
        undeclared=(ReleaseKey("test", "sandbox-1", "shop", "old"), ReleaseKey("test", "sandbox-1", "shop", "older")),
    ),
    "empty": Plan((), "sha256:44"),
    "changed-hook": Plan(
        (
            replace(
                release("web", *keep(4), hooks=(MIGRATE,)),
                hook_changes=(Change(Action.UPDATE, MIGRATE.manifest.ref, reason="hook"),),
            ),
        ),
        "sha256:44",
    ),
    "owed-hook": Plan(
        (replace(release("web", *keep(4), hooks=(MIGRATE,)), hooks_due=True, notes=("it failed before",)),), "sha256:44"
    ),
}
