"""What others did to a live app: the plan shows it, and applying takes it back in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.ports.cluster import LiveObject
from tests.cli.shops import Shop
from tests.conftest import Golden

STORE = ("-r", "store")
JSON = ("--output", "json")
DEPLOYMENT = ObjectRef("apps/v1", "Deployment", "shop", "store-1")
SERVICE = ObjectRef("v1", "Service", "shop", "store")
RICH = """\
      maxReplicas: 5
      frontend: store.example.com
      configMaps: [{name: settings, data: {colour: blue}}]
"""


@pytest.fixture
def live(played: Shop) -> Shop:
    """A shop whose app is live as version 1, with everything that it may consist of."""
    played.change("apps.yaml", '      newVersion: "#"\n', f'      newVersion: "#"\n{RICH}')
    assert played.run("apply", "test").code == 0
    return played


@pytest.fixture
def small(played: Shop) -> Shop:
    """A shop whose app is live as version 1, without an autoscaler."""
    assert played.run("apply", "test").code == 0
    return played


def planned(shop: Shop) -> dict[str, Any]:
    """Return the plan of the app."""
    found = shop.run("plan", "test", *STORE, *JSON)
    assert found.code == 0, found.stdout
    (release,) = found.document["releases"]
    return dict(release)


def written(release: dict[str, Any]) -> dict[str, str]:
    """Return what is to be written, by kind and name."""
    shown = {f"{one['object']['kind']} {one['object']['name']}": one["action"] for one in release["changes"]}
    return {name: action for name, action in shown.items() if action != "keep"}


def applied(shop: Shop, code: int = 0) -> dict[str, Any]:
    found = shop.run("apply", "test", *STORE, "--yes", *JSON)
    assert found.code == code, found.stdout
    (deployment,) = found.document["deployments"]
    return dict(deployment)


def everything(shop: Shop) -> dict[str, Any]:
    """Return the specs of all objects of the app, by kind and name."""
    mine = [one for one in shop.cluster.objects if one["metadata"].get("labels", {}).get("fairlead.dev/unit")]
    return {
        f"{one['kind']} {one['metadata']['name']}": [one["metadata"]["labels"], one.get("spec"), one.get("data")]
        for one in mine
        if not one["metadata"]["name"].startswith("fairlead.") and one["kind"] not in ("Pod", "EndpointSlice")
    }


def test_a_live_app_that_nobody_touched_has_no_changes(live: Shop) -> None:
    assert written(planned(live)) == {}
    assert applied(live)["outcome"] == "unchanged"


@pytest.mark.parametrize(
    "kind", ["ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "PodDisruptionBudget"]
)
def test_what_was_deleted_is_planned_and_made_again(live: Shop, kind: str) -> None:
    before = everything(live)
    (name,) = [one.partition(" ")[2] for one in before if one.startswith(f"{kind} ")]
    found = next(one for one in live.cluster.objects if (one["kind"], one["metadata"]["name"]) == (kind, name))
    live.cluster.remove(ObjectRef(found["apiVersion"], kind, "shop", name))
    release = planned(live)
    assert (release["app"]["verdict"], written(release)) == ("inPlace", {f"{kind} {name}": "create"})
    assert (applied(live)["outcome"], applied(live)["outcome"]) == ("succeeded", "unchanged")
    assert everything(live) == before


@pytest.mark.parametrize("name", ["store", "store-1"])
def test_a_service_that_was_deleted_leads_to_the_live_version_again(live: Shop, name: str) -> None:
    before = everything(live)
    live.cluster.remove(ObjectRef("v1", "Service", "shop", name))
    assert written(planned(live)) == {f"Service {name}": "create"}
    assert (applied(live)["outcome"], written(planned(live))) == ("succeeded", {})
    assert everything(live) == before


def test_all_of_it_at_once_comes_back(live: Shop) -> None:
    before = everything(live)
    for one in list(live.cluster.objects):
        if f"{one['kind']} {one['metadata']['name']}" in before:
            live.cluster.remove(ObjectRef(one["apiVersion"], one["kind"], "shop", one["metadata"]["name"]))
    assert set(written(planned(live))) == set(before)
    assert applied(live)["outcome"] == "succeeded"
    assert (everything(live), written(planned(live))) == (before, {})


def _image(obj: LiveObject) -> None:
    obj["spec"]["template"]["spec"]["containers"][0]["image"] = "shop/store:evil"


def _label(obj: LiveObject) -> None:
    del obj["metadata"]["labels"]["fairlead.dev/unit"]


def _ports(obj: LiveObject) -> None:
    obj["spec"]["ports"][0]["targetPort"] = 1


@pytest.mark.parametrize(
    ("ref", "change"),
    [(DEPLOYMENT, _image), (DEPLOYMENT, _label), (SERVICE, _ports)],
    ids=["image", "label", "port"],
)
def test_a_field_that_somebody_changed_is_shown_and_taken_back(
    live: Shop, ref: ObjectRef, change: Callable[[LiveObject], None]
) -> None:
    before = everything(live)
    live.cluster.edit(ref, change)
    release = planned(live)
    (shown,) = [one for one in release["changes"] if one["action"] == "update"]
    assert (shown["reason"], shown["object"]["name"]) == ("drift", ref.name)
    assert [one["owner"] for one in shown["fields"]] in (["kubectl-edit"], [None])
    assert applied(live)["outcome"] == "succeeded"
    assert (everything(live), written(planned(live))) == (before, {})


def test_pods_that_somebody_scaled_are_shown_and_brought_back(small: Shop, golden: Golden) -> None:
    small.cluster.edit(DEPLOYMENT, lambda obj: obj["spec"].update(replicas=5), manager="kubectl-scale")
    golden("cli/shop-app-plan-drift.txt", small.run("plan", "test", *STORE, width=100).stdout)
    (shown,) = [one for one in planned(small)["changes"] if one["action"] == "update"]
    assert [(one["path"], one["old"], one["new"]) for one in shown["fields"]] == [("/spec/replicas", 5, 1)]
    assert applied(small)["outcome"] == "succeeded"
    assert (everything(small)["Deployment store-1"][1]["replicas"], written(planned(small))) == (1, {})


def test_how_many_pods_an_autoscaler_wants_is_its_own(live: Shop) -> None:
    live.cluster.edit(DEPLOYMENT, lambda obj: obj["spec"].update(replicas=4), manager="hpa")
    assert written(planned(live)) == {}


def test_an_autoscaler_of_somebody_else_has_its_way_too(small: Shop) -> None:
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "mine", "namespace": "shop"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "store-1"}},
    }
    small.cluster.put(autoscaler)
    small.cluster.edit(DEPLOYMENT, lambda obj: obj["spec"].update(replicas=4), manager="hpa")
    assert written(planned(small)) == {}


def test_what_others_add_is_theirs(live: Shop) -> None:
    live.cluster.edit(DEPLOYMENT, lambda obj: obj["metadata"]["labels"].update(team="a"))
    live.cluster.edit(SERVICE, lambda obj: obj["metadata"]["annotations"].update(note="b"))
    assert written(planned(live)) == {}


def test_traffic_that_somebody_turned_elsewhere_stops_an_apply(live: Shop) -> None:
    live.cluster.edit(SERVICE, lambda obj: obj["spec"]["selector"].update(version="nowhere"))
    release = planned(live)
    assert written(release) == {"Service store": "update"}
    assert any("fairlead resolve store" in note for note in release["notes"])
    assert applied(live, code=4)["code"] == "unitBlocked"
    assert everything(live)["Service store"][1]["selector"]["version"] == "nowhere"


def test_what_was_scaled_and_is_declared_otherwise_is_one_change(small: Shop) -> None:
    small.cluster.edit(DEPLOYMENT, lambda obj: obj["spec"].update(replicas=5), manager="kubectl-scale")
    small.change("apps.yaml", '      newVersion: "#"\n', '      newVersion: "#"\n      replicas: 3\n')
    (shown,) = [one for one in planned(small)["changes"] if one["action"] == "update"]
    assert [(one["old"], one["new"]) for one in shown["fields"]] == [(5, 3)]
    assert applied(small)["outcome"] == "succeeded"
    assert written(planned(small)) == {}


def test_a_preview_that_is_no_longer_declared_goes(live: Shop) -> None:
    live.change("apps.yaml", RICH, f"{RICH}      autoPromoteAfter: never\n")
    assert written(planned(live)) == {"Service store-preview": "create"}
    assert applied(live)["outcome"] == "succeeded"
    live.change("apps.yaml", "      autoPromoteAfter: never\n", "")
    assert written(planned(live)) == {"Service store-preview": "delete"}
    assert applied(live)["outcome"] == "succeeded"
    assert "Service store-preview" not in everything(live)


def test_what_may_not_be_listed_is_looked_for_by_its_name(live: Shop) -> None:
    live.cluster.remove(SERVICE)
    refused = RemoteRefused(Problem("forbidden", "not you"), status=403)
    live.cluster.fail(refused, verb="list", kind="Service", times=9)
    assert written(planned(live)) == {"Service store": "create"}


def test_the_status_names_what_is_not_as_it_was_deployed(small: Shop) -> None:
    small.cluster.edit(DEPLOYMENT, lambda obj: obj["spec"].update(replicas=5), manager="kubectl-scale")
    (item,) = small.run("status", "test", *STORE, *JSON).document["releases"]
    assert (item["drift"], [one["name"] for one in item["driftedObjects"]]) == ("drifted", ["store-1"])
    assert "Deployment shop/store-1" in item["cause"]
    (unit,) = small.run("units", "store", "-e", "test", *JSON).document["units"]
    (version,) = unit["versions"]
    assert (version["replicas"], version["running"], version["ready"]) == ({"store": 1}, {"store": 5}, {"store": 5})
    assert "5/5 store" in small.run("units", "store", "-e", "test").stdout
