from __future__ import annotations

import pytest

from fairlead.domain.changes import Action
from fairlead.domain.comparing import Candidate, Judge
from fairlead.domain.digests import plan_digest, release_digest
from fairlead.domain.errors import Refused
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.manifests import Manifest
from fairlead.domain.preparing import definition_change, definition_update, namespace_change, namespace_ref
from tests.fakes.releases import definition


def test_a_namespace_is_made_without_marks() -> None:
    change = namespace_change("shop")
    assert (change.action, change.ref, change.manager) == (Action.CREATE, namespace_ref("shop"), "fairlead")
    assert change.desired == {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    assert change.is_preparation


def test_definitions_of_a_chart_are_created_when_missing_and_never_changed() -> None:
    manifest = Manifest(definition(), "crds/a.yaml")
    missing, there = (definition_change(manifest, exists=exists) for exists in (False, True))
    assert (missing.action, missing.desired, missing.manager) == (Action.CREATE, definition(), "helm")
    assert (there.action, there.reason, there.is_preparation) == (Action.KEEP, "crds", True)


def test_definitions_are_brought_up_to_date_on_demand_and_still_belong_to_nobody() -> None:
    judge = Judge(ReleaseKey("test", "c", "shop", "web"), is_chart=True)
    live = {**definition(), "metadata": {**definition()["metadata"], "uid": "u", "resourceVersion": "1"}}
    found = definition_update(Manifest(definition(scope="Cluster"), "crds/a.yaml"), live, judge)
    assert isinstance(found, Candidate)
    change = found.change
    assert (change.action, change.reason, change.is_preparation) == (Action.UPDATE, "crds", True)
    assert (change.uid, change.manager) == ("u", "helm")
    assert set((change.desired or {})["metadata"]) == {"name"}


def test_definitions_of_somebody_else_are_not_brought_up_to_date() -> None:
    judge = Judge(ReleaseKey("test", "c", "shop", "web"), is_chart=True)
    marks = {"annotations": {"fairlead.dev/release": "other/one"}, "uid": "u"}
    live = {**definition(), "metadata": {**definition()["metadata"], **marks}}
    with pytest.raises(Refused):
        definition_update(Manifest(definition(scope="Cluster"), "crds/a.yaml"), live, judge)


def test_digests_depend_on_cluster_release_inputs_and_changes_only() -> None:
    key, change = ReleaseKey("test", "c", "shop", "web"), namespace_change("shop")
    base = release_digest("uid", key, inputs_digest="inputs", changes=[change])
    assert (
        release_digest("uid", ReleaseKey("other", "x", "shop", "web"), inputs_digest="inputs", changes=[change]) == base
    )
    others = {
        release_digest("uid2", key, inputs_digest="inputs", changes=[change]),
        release_digest("uid", ReleaseKey("test", "c", "shop2", "web"), inputs_digest="inputs", changes=[change]),
        release_digest("uid", key, inputs_digest="inputs2", changes=[change]),
        release_digest("uid", key, inputs_digest="inputs", changes=[]),
        release_digest("uid", key, inputs_digest="inputs", changes=[namespace_change("other")]),
    }
    assert len(others | {base}) == 6
    assert plan_digest(["a", "b"]) == plan_digest(["b", "a"]) != plan_digest(["a"])
