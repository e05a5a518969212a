from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from fairlead.domain.apps.configuration import SecretContent
from fairlead.domain.apps.descriptor import AUTOMATIC, Descriptor, GatewayListener, HealthCheck, HealthCheckType
from fairlead.domain.apps.objects import Inputs, version_objects
from fairlead.domain.apps.unit_objects import unit_objects
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.declaring.apps.keys import DESCRIPTOR
from fairlead.domain.declaring.apps.reading import Defaults, read_descriptor
from fairlead.domain.errors import Problem, Severity
from fairlead.domain.identity import canonical_json
from tests.fakes.descriptors import EVERYTHING, GOOD, described, document, hostile, pod

ROOT = Path(__file__).parents[4]
NAMESPACED = {
    "ConfigMap",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Ingress",
    "PodDisruptionBudget",
    "Secret",
    "Service",
}


def refused(**fields: Any) -> list[tuple[str, str | None]]:
    """Return code and path of each problem of a small descriptor with other fields."""
    read = read_descriptor(document(**fields))
    assert not isinstance(read, Descriptor)
    return [(problem.code, problem.path) for problem in read if problem.severity is Severity.ERROR]


def warned(**fields: Any) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.path) for problem in described(**fields).warnings]


def test_every_field_is_read() -> None:
    read = read_descriptor(EVERYTHING)
    assert isinstance(read, Descriptor)
    written = descriptor_json(read)
    names = {
        "appName": "shop-front-end",
        "newVersion": "1-2-rc",
        "frontend": "shop.example.org",
        "healthCheckType": "simple",
        "drainTimeout": "90s",
        "keepFailed": "0.25s",
        "hotFor": "60s",
        "soak": {
            "duration": "300s",
            "gates": [{"name": "errors", "http": {"path": "/errors"}, "timeout": "60s"}],
        },
        "autoPromoteAfter": "3600s",
    }
    inner = ("components", "podspec", "verify")
    without = {key: value for key, value in {**EVERYTHING, **names}.items() if key not in inner}
    assert {key: value for key, value in written.items() if key not in inner} == without
    assert written["components"][0]["maxReplicas"] == 4
    assert [gate["timeout"] for gate in written["verify"]] == ["10s", "300s", "60s"]
    assert written["verify"][1]["job"]["podspec"]["restartPolicy"] == "Never"
    assert set(DESCRIPTOR.by_key) - set(written) == {
        "healthcheckUrl",
        "gateway",  # in place of what an Ingress has
        *(field.key for field in DESCRIPTOR.fields if field.without_effect),
    }


def test_what_need_not_be_said() -> None:
    read = described(namespace=None)
    assert read.namespace == "default"
    assert read.main.replicas == 1
    assert (read.main.minimum, read.main.maximum) == (None, None)
    assert read.health == HealthCheck()
    assert read.exposure.host is None
    assert not read.rules.previews
    assert read.main.pod_spec == {
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "containers": [
            {
                "imagePullPolicy": "Always",
                "name": "web",
                "image": "shop/web:1",
                "ports": [{"protocol": "TCP", "containerPort": 8080}],
            }
        ],
    }
    assert read.warnings == ()


def test_a_release_gives_what_its_app_does_not_say() -> None:
    read = read_descriptor(document(namespace=None, appName=None), Defaults("shop", "front"))
    assert isinstance(read, Descriptor)
    assert (read.namespace, read.app) == ("shop", "front")


def test_clients_of_old_send_empty_fields() -> None:
    empty = {
        "id": "", "namespace": "", "frontend": "", "tlsSecretName": "", "deploymentType": "", "healthCheckPath": "",
        "healthCheckPort": 0, "healthCheckType": "", "externalHealthCheckPath": "", "readinessPort": 0,
        "webhooks": None, "components": [], "redirectWww": False, "additionHttpHeaders": [],
    }  # fmt: skip
    assert described(**empty) == described(namespace=None)
    assert read_descriptor({**document(), "frontend": None, "webhooks": None}) == described()


def test_older_spellings() -> None:
    assert described(healthcheckUrl="/alive").health.path == "alive"
    assert described(healthcheckUrl="/alive", healthCheckPath="new").health.path == "new"
    assert warned(email="a@example.org", password="x", environment={"A": "b"}, proxyports=[1]) == [
        ("withoutEffect", "email"),
        ("withoutEffect", "password"),
        ("withoutEffect", "environment"),
        ("withoutEffect", "proxyports"),
    ]
    assert warned(deployedVersion="6", deploymentTs="2016") == [
        ("withoutEffect", "deployedVersion"),
        ("withoutEffect", "deploymentTs"),
    ]


def test_credentials_are_nowhere_in_what_was_read() -> None:
    read = described(email="someone@example.org", password="hunter2")
    assert "hunter2" not in repr(read)
    assert "someone" not in repr(read)
    wrong = read_descriptor(document(password={"hunter2": "hunter2"}, appName=5.5, unknown=1))
    assert "hunter2" not in repr(wrong)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"redirectWww": True}, "redirectWww"),
        ({"useCompression": True}, "useCompression"),
        ({"useStickySessions": True}, "useStickySessions"),
        ({"additionHttpHeaders": [{"Header": "X-A", "Value": "b"}]}, "additionHttpHeaders"),
    ],
)
def test_what_only_proxies_do_is_kept_and_said(fields: dict[str, Any], path: str) -> None:
    assert warned(**fields) == [("notYetInEffect", path)]
    assert path in descriptor_json(described(**fields))


def test_what_no_version_has_a_copy_of_is_said() -> None:
    used = [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "login"}}]
    spec = pod(envFrom=used)
    components = [{"name": "api", "podspec": spec}]
    assert warned(podspec=spec, components=components) == [
        ("doesNotRollBack", "podspec"),
        ("doesNotRollBack", "podspec"),
        ("doesNotRollBack", "components[0].podspec"),
        ("doesNotRollBack", "components[0].podspec"),
    ]
    maps = [{"name": "settings", "data": {}}]
    assert warned(podspec=spec, configMaps=maps) == [("doesNotRollBack", "podspec")]
    assert warned(podspec=spec, configMaps=maps, secrets=["login"]) == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("PROBE", HealthCheckType.PROBE), ("Simple", HealthCheckType.SIMPLE), ("tcp", HealthCheckType.PROBE)],
)
def test_types_of_health_checks(kind: str, expected: HealthCheckType) -> None:
    assert described(healthCheckType=kind).health.kind is expected
    assert warned(healthCheckType=kind) == ([("invalidValue", "healthCheckType")] if kind == "tcp" else [])


@pytest.mark.parametrize(
    ("replicas", "expected"),
    [
        ({"replicas": 0}, (1, None)),
        ({"replicas": -3}, (1, None)),
        ({"replicas": 4}, (4, None)),
        ({"maxReplicas": 5}, (1, 1)),
        ({"replicas": 3, "maxReplicas": 5}, (3, 3)),
        ({"replicas": 3, "minReplicas": 2, "maxReplicas": 5}, (3, 2)),
        ({"minReplicas": 2, "maxReplicas": 5}, (2, 2)),
    ],
)
def test_how_many_pods(replicas: dict[str, int], expected: tuple[int, int | None]) -> None:
    main = described(**replicas).main
    assert (main.replicas, main.minimum) == expected


def test_what_counts_as_something_else_is_said() -> None:
    assert warned(appName="My_Shop") == [("invalidName", "appName")]
    assert warned(replicas=0) == [("invalidValue", "replicas")]
    assert warned(appName="shop", replicas=1) == []


CONTAINER = {"name": "web", "image": "shop/web:1"}
GATE = {"name": "a", "webhook": {"url": "https://gate.example.org/"}}
ASKING = {"name": "a", "http": {"path": "x", "port": 81}}

FIRST = "podspec.containers[0]"
TWICE: dict[str, Any] = {"containers": [CONTAINER] * 2}
ADDED: dict[str, Any] = {**pod(), "ephemeralContainers": [{}]}
DNS: dict[str, Any] = pod({"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"})
ON_HOST: dict[str, Any] = {**pod({"containerPort": 80}), "hostNetwork": True}
OTHER = "components[0]"
PREVIEWED = {"autoPromoteAfter": "never"}
GATEWAY: dict[str, Any] = {"parentRefs": [{"name": "public"}]}
HOST, PARENT = {"frontend": "a.example.org"}, "gateway.parentRefs[0]"


def named(*names: str) -> list[dict[str, Any]]:
    """Return components of these names."""
    return [{"name": name, "podspec": pod()} for name in names]


MISTAKES: list[tuple[dict[str, Any], list[tuple[str, str | None]]]] = [
    ({"appName": None}, [("missingKey", None)]),
    ({"appName": ""}, [("missingKey", "appName")]),
    ({"newVersion": None}, [("missingKey", None)]),
    ({"newVersion": ""}, [("missingKey", "newVersion")]),
    ({"newVersion": "a b"}, [("invalidName", "newVersion")]),
    ({"newVersion": "1-"}, [("invalidName", "newVersion")]),
    ({"newVersion": "##"}, [("invalidName", "newVersion")]),
    ({"appName": "7up"}, [("invalidName", "appName")]),
    ({"appName": "a/b"}, [("invalidName", "appName")]),
    ({"appName": "a" * 56}, [("nameTooLong", "appName")]),
    ({"appName": "a" * 54, "newVersion": "#"}, [("nameTooLong", "appName")]),
    ({"appName": "a-", "components": [{"name": "b", "podspec": pod()}]}, [("invalidName", "appName")]),
    ({"deploymentType": "rolling"}, [("invalidValue", "deploymentType")]),
    ({"namespace": "Kube System"}, [("invalidValue", "namespace")]),
    ({"nmespace": "x"}, [("unknownKey", "nmespace")]),
    ({"replicas": "3"}, [("wrongType", "replicas")]),
    ({"replicas": 2**31}, [("wrongType", "replicas")]),
    ({"podspec": None}, [("missingKey", None)]),
    ({"podspec": {}}, [("missingKey", "podspec"), ("noContainers", "podspec")]),
    ({"podspec": {"containers": []}}, [("noContainers", "podspec.containers")]),
    ({"podspec": {"containers": [{"name": "a"}]}}, [("missingKey", FIRST)]),
    ({"podspec": pod(image=5)}, [("wrongType", f"{FIRST}.image")]),
    ({"podspec": TWICE}, [("duplicateName", f"podspec.containers[{n}].name") for n in (0, 1)]),
    ({"podspec": ADDED}, [("invalidValue", "podspec.ephemeralContainers")]),
    ({"podspec": pod({"containerPort": 0})}, [("wrongType", f"{FIRST}.ports[0].containerPort")]),
    ({"podspec": pod({"containerPort": 1, "protocol": "udp"})}, [("invalidValue", f"{FIRST}.ports[0].protocol")]),
    ({"podspec": pod(env=[{"name": "A", "value": 1}])}, [("wrongType", f"{FIRST}.env[0].value")]),
    ({"minReplicas": 2}, [("missingKey", "minReplicas")]),
    ({"replicas": 6, "maxReplicas": 5}, [("invalidValue", "maxReplicas")]),
    ({"components": [{"name": "b", "podspec": pod()}] * 2}, [("duplicateName", "components")]),
    ({"components": [{"name": "b", "podspec": pod(), "minReplicas": 2}]}, [("missingKey", f"{OTHER}.minReplicas")]),
    ({"components": [{"name": "b", "podspec": {"containers": [{}]}}]}, [("missingKey", f"{OTHER}.{FIRST}")] * 2),
    ({"components": named("preview"), **PREVIEWED}, [("duplicateName", f"{OTHER}.name")]),
    ({"components": named("a", "a-preview"), **PREVIEWED}, [("duplicateName", "components[1].name")]),
    ({"components": named("7"), "newVersion": "7"}, [("duplicateName", f"{OTHER}.name")]),
    ({"components": named("12"), "newVersion": "#"}, [("duplicateName", f"{OTHER}.name")]),
    ({"components": named("a", "a-7"), "newVersion": "7"}, [("duplicateName", "components[1].name")]),
    ({"newVersion": "preview", **PREVIEWED}, [("duplicateName", "newVersion")]),
    ({"components": named("a"), "newVersion": "a-preview", **PREVIEWED}, [("duplicateName", "newVersion")]),
    ({"configMaps": [{"name": "a", "data": {}}] * 2}, [("duplicateName", "configMaps")]),
    ({"configMaps": [{"name": "a", "data": {"a/b": "c"}}]}, [("invalidValue", "configMaps[0].data.a/b")]),
    ({"configMaps": [{"name": "a" * 243, "data": {}}]}, [("nameTooLong", "configMaps")]),
    ({"secrets": ["a", "a"]}, [("duplicateName", "secrets")]),
    ({"secrets": ["a" * 243]}, [("nameTooLong", "secrets")]),
    ({"frontend": "https://shop.example.org"}, [("invalidValue", "frontend")]),
    ({"frontend": "shop.example.org:80"}, [("invalidValue", "frontend")]),
    ({"frontend": "shop.example.org", "podspec": pod()}, [("noPort", "frontend")]),
    ({"frontend": "a.example.org", "podspec": pod({"containerPort": 53, "protocol": "UDP"})}, [("noPort", "frontend")]),
    ({"gateway": GATEWAY}, [("missingKey", "gateway")]),
    ({**HOST, "gateway": {"parentRefs": []}}, [("missingKey", "gateway.parentRefs")]),
    ({**HOST, "gateway": {}}, [("missingKey", "gateway")]),
    ({**HOST, "gateway": {"parentRefs": [{"name": "A"}]}}, [("invalidValue", f"{PARENT}.name")]),
    ({**HOST, "gateway": {"parentRefs": [{"name": "a", "port": 0}]}}, [("wrongType", f"{PARENT}.port")]),
    ({**HOST, "gateway": {"parentRefs": [{"name": "a", "group": "b"}]}}, [("unknownKey", f"{PARENT}.group")]),
    ({**HOST, "gateway": GATEWAY, "ingressClass": "b"}, [("notTogether", "ingressClass")]),
    ({**HOST, "gateway": GATEWAY, "tlsSecretName": "b"}, [("notTogether", "tlsSecretName")]),
    ({"useHealthCheck": True, "podspec": pod()}, [("undeclaredPort", "useHealthCheck")]),
    ({"useHealthCheck": True, "healthCheckPort": 81}, [("undeclaredPort", "healthCheckPort")]),
    ({"useHealthCheck": True, "healthCheckPort": 53, "podspec": DNS}, [("undeclaredPort", "healthCheckPort")]),
    ({"useHealthCheck": True, "podspec": ON_HOST}, [("hostNetwork", "useHealthCheck")]),
    ({"healthCheckPath": "a?b"}, [("invalidValue", "healthCheckPath")]),
    ({"hotFor": "10s"}, [("invalidValue", "hotFor")]),
    ({"warmFor": "8h", "minReady": "200h"}, [("invalidValue", "minReady")]),
    ({"autoPromoteAfter": "soon"}, [("invalidValue", "autoPromoteAfter")]),
    ({"verify": [{"name": "a"}]}, [("gateKind", "verify[0]")]),
    ({"verify": [GATE], "soak": {"duration": "1m", "gates": [GATE]}}, [("duplicateName", "verify")]),
    ({"verify": [{"name": "a", "http": {"path": "x", "port": 81}}]}, [("undeclaredPort", "verify")]),
    ({"verify": [{"name": "a", "http": {"path": "x"}}], "podspec": pod()}, [("undeclaredPort", "verify")]),
    ({"soak": {"duration": "1m", "gates": [ASKING]}}, [("undeclaredPort", "soak")]),
    ({"verify": [{"name": "a", "job": {}}]}, [("missingKey", "verify[0].job")]),
    ({"verify": [{**GATE, "timeout": "0s"}]}, [("invalidValue", "verify[0].timeout")]),
    ({"soak": {"duration": "1m", "gates": [{"name": "a", "webhook": {}}]}}, [("missingKey", "soak.gates[0].webhook")]),

]  # fmt: skip


@pytest.mark.parametrize(("fields", "problems"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes(fields: dict[str, Any], problems: list[tuple[str, str | None]]) -> None:
    found = refused(**fields)
    assert found == problems or sorted(found, key=str) == sorted(problems, key=str)


def test_all_mistakes_at_once() -> None:
    read = read_descriptor(
        {"appName": "7", "replicas": "x", "frontend": "a b", "podspec": pod(image=1), "hotFor": "1s"}
    )
    assert not isinstance(read, Descriptor)
    assert {problem.path for problem in read} == {
        None,
        "replicas",
        "podspec.containers[0].image",
        "appName",
        "frontend",
        "hotFor",
    } - {"appName"}
    assert all(problem.file is None and problem.line is None and problem.remedy for problem in read)


@pytest.mark.parametrize("document", [None, 1, "x", [], [document()]])
def test_what_is_no_mapping(document: object) -> None:
    read = read_descriptor(document)
    assert not isinstance(read, Descriptor)
    assert [problem.code for problem in read] == ["wrongType"]


def test_names_that_are_apart_although_they_look_alike() -> None:
    for fields in (
        {"components": named("preview")},
        {"components": named("7"), "newVersion": "8"},
        {"components": named("a-7", "b"), "newVersion": "#", **PREVIEWED},
        {"newVersion": "preview"},
        {"components": named("a"), "newVersion": "web-a"},
    ):
        assert isinstance(read_descriptor(document(**fields)), Descriptor), fields


def test_the_longest_names() -> None:
    assert described(appName="a" * 53, newVersion=AUTOMATIC).app == "a" * 53
    assert described(appName="a" * 55, newVersion="1", podspec=pod()).version == "1"


@settings(max_examples=300)
@given(GOOD)
def test_what_was_written_reads_back_as_the_same(document: dict[str, Any]) -> None:
    read = read_descriptor(document)
    if isinstance(read, Descriptor):
        assert read_descriptor(descriptor_json(read)) == read


def test_whatever_is_written_nothing_leaves_its_namespace() -> None:
    seed = random.SystemRandom().randrange(2**32)
    source = random.Random(seed)
    accepted = 0
    for number in range(10_000):
        try:
            accepted += check_hostile(hostile(source))
        except Exception as error:
            raise AssertionError(f"number {number} of seed {seed}") from error
    assert 500 < accepted < 9_500


def check_hostile(document: Any) -> bool:
    """Tell whether a descriptor was accepted; check what comes of it."""
    read = read_descriptor(document)
    if not isinstance(read, Descriptor):
        assert any(problem.severity is Severity.ERROR for problem in read)
        assert all(isinstance(problem, Problem) for problem in read)
        return False
    version = "1" if read.is_automatic else read.version
    inputs = Inputs(secrets={name: SecretContent({}) for name in read.secrets})
    made = version_objects(read, version, inputs)
    for obj in (*made.created, *made.autoscalers, *unit_objects(read, version, version).all):
        assert obj["metadata"]["namespace"] == read.namespace
        assert obj["kind"] in NAMESPACED
        assert obj["metadata"]["annotations"]["fairlead.dev/release"] == f"{read.namespace}/{read.app}"
        canonical_json(obj)
    return True


FORBIDDEN = ("podSecurity", "accountForbidden", "secretForbidden")


def test_every_code_is_documented() -> None:
    source = ROOT / "src/fairlead/domain/declaring/apps"
    text = "".join(path.read_text() for path in source.glob("*.py"))
    codes = set(re.findall(r'(?:_error|error|warning)\((?:"[A-Za-z]+"|[^",]+),\s*"([a-z][A-Za-z]+)"', text))
    codes |= set(re.findall(r'(?:_refused|OneOf)\((?:\([^)]*\), )?"([a-z][A-Za-z]+)"', text))
    codes |= {code for _, problems in MISTAKES for code, _ in problems} | {"secretMissing", "nameTaken", *FORBIDDEN}
    documented = set(re.findall(r"`([a-z][A-Za-z0-9]+)`", (ROOT / "docs/reference/descriptors.md").read_text()))
    assert len(codes) > 15
    assert codes <= documented


def test_gateways_are_read_and_written_as_they_are_named() -> None:
    parents = [{"name": "a"}, {"name": "b", "namespace": "infra", "sectionName": "https", "port": 443}]
    read = described(frontend="shop.example.org", gateway={"parentRefs": parents})
    assert read.exposure.gateways == (GatewayListener("a"), GatewayListener("b", "infra", "https", 443))
    assert descriptor_json(read)["gateway"] == {"parentRefs": parents}
    assert read_descriptor(descriptor_json(read)) == read
