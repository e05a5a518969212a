from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.apps.permissions import NamespaceRules, forbidden, namespace_rules
from fairlead.domain.apps.pod_security import Level
from fairlead.domain.apps.variables import SecretKey, Variable
from tests.fakes.descriptors import described
from tests.fakes.pod_security import pod

FREE = NamespaceRules(Level.PRIVILEGED, None, None)


def namespace(labels: Any = None, annotations: Any = None) -> dict[str, Any]:
    return {"metadata": {"name": "team", "labels": labels, "annotations": annotations}}


@pytest.mark.parametrize(
    ("obj", "rules"),
    [
        (namespace(), NamespaceRules()),
        (namespace({"pod-security.kubernetes.io/enforce": "baseline"}), NamespaceRules(Level.BASELINE)),
        (namespace({"pod-security.kubernetes.io/enforce": "privileged"}), NamespaceRules(Level.PRIVILEGED)),
        (namespace({"pod-security.kubernetes.io/enforce": "free"}), NamespaceRules()),
        (
            namespace(None, {"fairlead.dev/service-accounts": "apps, jobs,", "fairlead.dev/secrets": ""}),
            NamespaceRules(Level.RESTRICTED, frozenset({"apps", "jobs"}), frozenset()),
        ),
        (
            namespace(None, {"fairlead.dev/service-accounts": "*", "fairlead.dev/secrets": "login, *"}),
            NamespaceRules(Level.RESTRICTED, None, None),
        ),
    ],
    ids=range(6),
)
def test_what_a_namespace_allows(obj: dict[str, Any], rules: NamespaceRules) -> None:
    assert namespace_rules(obj) == rules


def problems(rules: NamespaceRules, **fields: Any) -> list[tuple[str, str | None]]:
    return [(each.code, each.path) for each in forbidden(described(**{"podspec": pod(), **fields}), rules, ())]


def test_a_restricted_app_may_be() -> None:
    assert problems(NamespaceRules()) == []
    assert problems(NamespaceRules(), podspec=pod(serviceAccountName="default")) == []


def test_every_pod_is_looked_at() -> None:
    job = {"name": "load", "job": {"podspec": pod(hostNetwork=True)}}
    found = problems(
        NamespaceRules(Level.BASELINE),
        podspec=pod(hostPID=True),
        components=[{"name": "api", "podspec": pod(hostIPC=True)}],
        verify=[{"name": "ask", "webhook": {"url": "https://gate.example.org"}}, job],
        soak={"duration": "1m", "gates": [{**job, "name": "again"}]},
    )
    assert found == [
        ("podSecurity", "podspec.hostPID"),
        ("podSecurity", "components[0].podspec.hostIPC"),
        ("podSecurity", "verify[1].job.podspec.hostNetwork"),
        ("podSecurity", "soak.gates[0].job.podspec.hostNetwork"),
    ]


@pytest.mark.parametrize(
    ("level", "field", "enough"),
    [
        (Level.RESTRICTED, "hostPID", "privileged"),
        (Level.BASELINE, "hostPID", "privileged"),
        (Level.RESTRICTED, "securityContext", "baseline"),
    ],
)
def test_what_is_forbidden_names_the_label_that_would_allow_it(level: Level, field: str, enough: str) -> None:
    spec = pod(hostPID=True) if field == "hostPID" else pod(securityContext={"runAsUser": 0})
    found = forbidden(described(podspec=spec, namespace="team"), NamespaceRules(level), ())
    remedies = [each.remedy or "" for each in found if each.path == f"podspec.{field}"]
    assert remedies
    label = f"kubectl label namespace team pod-security.kubernetes.io/enforce={enough} "
    assert all(label in remedy for remedy in remedies)


@pytest.mark.parametrize("key", ["serviceAccountName", "serviceAccount"])
def test_accounts(key: str) -> None:
    spec = {**pod(), key: "admin"}
    assert problems(NamespaceRules(), podspec=spec) == [("accountForbidden", f"podspec.{key}")]
    assert problems(NamespaceRules(accounts=frozenset({"admin"})), podspec=spec) == []
    assert problems(FREE, podspec=spec) == []


SECRETS: list[dict[str, Any]] = [
    {"volumes": [{"name": "v", "secret": {"secretName": "login"}}]},
    {"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "login"}}]}}]},
    {"volumes": [{"name": "v", "csi": {"driver": "d", "nodePublishSecretRef": {"name": "login"}}}]},
    {"volumes": [{"name": "v", "azureFile": {"shareName": "s", "secretName": "login"}}]},
    {"volumes": [{"name": "v", "rbd": {"secretRef": {"name": "login"}}}]},
    {"imagePullSecrets": [{"name": "login"}]},
    {"initContainers": [{"name": "i", "image": "i", "envFrom": [{"secretRef": {"name": "login"}}]}]},
    {
        "containers": [
            {
                "name": "c",
                "image": "c",
                "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "login", "key": "k"}}}],
            }
        ]
    },
]


@pytest.mark.parametrize("spec", SECRETS, ids=range(len(SECRETS)))
def test_secrets_of_pods(spec: dict[str, Any]) -> None:
    strict = NamespaceRules(Level.PRIVILEGED, None, frozenset({"other"}))
    assert problems(strict, podspec={**pod(), **spec}) == [("secretForbidden", "podspec")]
    allowed = NamespaceRules(Level.PRIVILEGED, None, frozenset({"login"}))
    assert problems(allowed, podspec={**pod(), **spec}) == []
    assert problems(FREE, podspec={**pod(), **spec}) == []


def test_secrets_of_the_app() -> None:
    strict = NamespaceRules(Level.PRIVILEGED, None, frozenset({"good"}))
    assert problems(strict, secrets=["good", "login"], tlsSecretName="cert") == [
        ("secretForbidden", "secrets[1]"),
        ("secretForbidden", "tlsSecretName"),
    ]
    assert problems(strict, tlsSecretName="good") == []


@pytest.mark.parametrize(
    ("secrets", "found"),
    [
        (frozenset({"allowed"}), [("secretForbidden", "variables.TOKEN")]),
        (frozenset({"allowed", "other"}), []),
        (None, []),
    ],
    ids=["not listed", "listed", "no list"],
)
def test_variables_lead_to_no_other_secrets(secrets: frozenset[str] | None, found: list[tuple[str, str]]) -> None:
    values: dict[str, str | SecretKey] = {
        "ZONE": "other",
        "LOGIN": SecretKey("allowed", "key"),
        "TOKEN": SecretKey("other", "key"),
    }
    given = [Variable(name, value) for name, value in values.items()]
    problems = forbidden(described(podspec=pod()), NamespaceRules(secrets=secrets), given)
    assert [(each.code, each.path) for each in problems] == found
