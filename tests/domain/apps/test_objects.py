from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from fairlead.domain.apps.configuration import SecretContent
from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.objects import Inputs, version_digest, version_objects
from fairlead.domain.apps.unit_objects import unit_objects
from fairlead.domain.apps.variables import Variable
from fairlead.domain.declaring.apps.reading import read_descriptor
from fairlead.domain.manifests import JsonObject
from tests.fakes.descriptors import EVERYTHING, GOOD, described, pod

GOLDEN = Path(__file__).parents[2] / "goldens" / "apps" / "everything.json"
INPUTS = Inputs((Variable("zone", "b"),), {"login": SecretContent({"k": "dg=="})})


def test_all_objects_of_everything(request: pytest.FixtureRequest) -> None:
    read = read_descriptor(EVERYTHING)
    assert isinstance(read, Descriptor)
    made, unit = version_objects(read, "1-2-rc", INPUTS), unit_objects(read, "1-1", "1-2-rc")
    text = json.dumps([*made.created, *made.autoscalers, *unit.all], indent=2) + "\n"
    if request.config.getoption("--update-goldens"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(text)
    assert GOLDEN.read_text() == text


def test_a_small_app_needs_little() -> None:
    made = version_objects(described(), "7")
    assert made.version == "7"
    assert [obj["kind"] for obj in made.created] == ["Service", "PodDisruptionBudget", "Deployment"]
    assert made.configuration == made.autoscalers == ()
    assert [obj["kind"] for obj in unit_objects(described(), "7", "8").all] == ["Service"]


def test_an_app_without_ports_has_no_service() -> None:
    descriptor = described(podspec=pod())
    assert version_objects(descriptor, "7").services == ()
    assert unit_objects(descriptor, "7").all == ()


def test_what_selects_a_version_selects_no_other() -> None:
    descriptor = described(components=[{"name": "api", "podspec": pod({"containerPort": 1})}])
    versions = [version_objects(descriptor, version) for version in ("7", "8")]
    pods = [
        (made.version, each["metadata"]["name"], each["spec"]["template"]["metadata"]["labels"])
        for made in versions
        for each in made.workloads
    ]
    for made in versions:
        assert made.services
        for service in made.services:
            wanted = service["spec"]["selector"].items()
            assert [name for _, name, labels in pods if wanted <= labels.items()] == [service["metadata"]["name"]]


def test_services_lead_to_the_version_that_is_given() -> None:
    descriptor = described(autoPromoteAfter="never", components=[{"name": "api", "podspec": pod({"containerPort": 1})}])
    unit = unit_objects(descriptor, "7", "8")
    assert [(one["metadata"]["name"], one["spec"]["selector"]) for one in (*unit.services, *unit.previews)] == [
        ("web", {"app": "web", "version": "7"}),
        ("web-api", {"app": "web-api", "version": "7"}),
        ("web-preview", {"app": "web", "version": "8"}),
        ("web-api-preview", {"app": "web-api", "version": "8"}),
    ]
    assert unit_objects(descriptor, "7").previews == ()


def test_the_ingress_never_names_a_version() -> None:
    descriptor = described(frontend="shop.example.org")
    ingress = unit_objects(descriptor, "7").ingress
    assert ingress is not None
    assert ingress == unit_objects(descriptor, "8", "9").ingress
    assert "ingressClassName" not in ingress["spec"]
    assert "tls" not in ingress["spec"]
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]
    assert backend == {"service": {"name": "web", "port": {"number": 8080}}}


def test_gateways_lead_to_the_service_of_a_version() -> None:
    parents = [{"name": "public", "namespace": "infra", "port": 443}]
    unit = unit_objects(described(frontend="shop.example.org", gateway={"parentRefs": parents}), "7", "8")
    (route,) = unit.http_routes
    assert (unit.ingress, route["metadata"]["name"]) == (None, "web")
    assert (route["apiVersion"], route["kind"]) == ("gateway.networking.k8s.io/v1", "HTTPRoute")
    assert route["spec"] == {
        "parentRefs": parents,
        "hostnames": ["shop.example.org"],
        "rules": [{"backendRefs": [{"name": "web-7", "port": 8080, "weight": 1}]}],
    }


def objects(descriptor: Descriptor) -> list[JsonObject]:
    """Return all objects of version 7 of an app."""
    made = version_objects(descriptor, "7")
    return [*made.created, *made.autoscalers, *unit_objects(descriptor, "7").all]


IN_PLACE: list[tuple[dict[str, Any], bool]] = [
    ({"replicas": 4}, True),
    ({"maxReplicas": 9}, True),
    ({"minReplicas": 2, "maxReplicas": 9}, True),
    ({"frontend": "shop.example.org"}, True),
    ({"frontend": "shop.example.org", "tlsSecretName": "t"}, True),
    ({"useHealthCheck": True}, True),
    ({"healthCheckPath": "else"}, True),
    ({"hotFor": "20m"}, False),
    ({"id": "d-7"}, False),
    ({"newVersion": "8"}, False),
]


@pytest.mark.parametrize(("fields", "applies"), IN_PLACE, ids=range(len(IN_PLACE)))
def test_what_needs_no_new_version(fields: dict[str, Any], applies: bool) -> None:
    assert version_digest(described(**fields)) == version_digest(described())
    one, other = (objects(described(**each)) for each in (fields, {}))
    assert (one != other) == applies


NEW: list[dict[str, Any]] = [
    {"podspec": pod({"containerPort": 8080}, image="shop/web:2")},
    {"podspec": pod({"containerPort": 8081})},
    {"podspec": pod({"containerPort": 8080}, env=[{"name": "A", "value": "b"}])},
    {"podspec": {**pod({"containerPort": 8080}), "initContainers": [{"name": "i", "image": "i"}]}},
    {"configMaps": [{"name": "a", "data": {}}]},
    {"components": [{"name": "api", "podspec": pod()}]},
    {"frontend": "shop.example.org", "gateway": {"parentRefs": [{"name": "public"}]}},
]


@pytest.mark.parametrize("fields", NEW, ids=range(len(NEW)))
def test_what_starts_a_new_version(fields: dict[str, Any]) -> None:
    assert version_digest(described(**fields)) != version_digest(described())


def test_configuration_and_variables_start_a_new_version() -> None:
    descriptor = described(secrets=["login"])
    digests = {
        version_digest(descriptor, Inputs(variables, {"login": SecretContent({"k": secret})}))
        for variables in ((), (Variable("a", "b"),))
        for secret in ("eA==", "eQ==")
    }
    assert len(digests) == 4


IN_PODS = ("podspec", "components", "configMaps", "appName", "gateway")


@settings(max_examples=100)
@given(GOOD, GOOD)
def test_only_pods_and_configuration_start_a_new_version(one: dict[str, Any], other: dict[str, Any]) -> None:
    template: dict[str, Any] = {key: other[key] for key in IN_PODS if key in other}
    rest = {key: value for key, value in one.items() if key not in IN_PODS}
    changed, before = read_descriptor({**rest, **template}), read_descriptor(other)
    if isinstance(changed, Descriptor) and isinstance(before, Descriptor):
        assert version_digest(changed) == version_digest(before)
        objects = [version_objects(each, "7") for each in (changed, before)]
        pods = [[workload["spec"]["template"] for workload in made.workloads] for made in objects]
        assert pods[0] == pods[1]
