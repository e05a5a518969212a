"""Descriptors to test with: a small one, one with everything, and any that Hypothesis thinks of."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.declaring.apps.reading import read_descriptor


def document(**fields: Any) -> dict[str, Any]:
    """Return a small descriptor in JSON, with other fields; None leaves one out."""
    small = {
        "namespace": "team",
        "appName": "web",
        "newVersion": "7",
        "podspec": pod({"containerPort": 8080}),
    }
    return {key: value for key, value in {**small, **fields}.items() if value is not None}


def pod(*ports: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a PodSpec of one container that listens on ports."""
    return {"containers": [{"name": "web", "image": "shop/web:1", "ports": list(ports), **fields}]}


def described(**fields: Any) -> Descriptor:
    """Return what a small descriptor with other fields means; it must be right."""
    read = read_descriptor(document(**fields))
    assert isinstance(read, Descriptor), read
    return read


EVERYTHING: dict[str, Any] = {
    "id": "d-1",
    "created": "2016-03-30T12:00:00+02:00",
    "lastModified": "2016-03-30T12:00:01+02:00",
    "deploymentType": "blue-green",
    "namespace": "team",
    "appName": "Shop.Front_End",
    "newVersion": "1.2_RC",
    "replicas": 3,
    "minReplicas": 2,
    "maxReplicas": 8,
    "frontend": "Shop.example.org",
    "ingressClass": "nginx",
    "tlsSecretName": "shop-tls",
    "redirectWww": True,
    "useCompression": True,
    "useStickySessions": True,
    "additionHttpHeaders": [{"Header": "X-A", "Value": "b c"}],
    "useHealthCheck": True,
    "ignoreHealthCheck": True,
    "ignoreReadiness": True,
    "healthCheckPath": "/status/health",
    "healthCheckPort": 9999,
    "healthCheckType": "Simple",
    "useExternalHealthCheck": True,
    "externalHealthCheckPath": "/outside",
    "readinessPort": 81,
    "webhooks": [{"key": "k", "description": "d"}],
    "configMaps": [{"name": "settings", "data": {"a.txt": "one\ntwo\n"}}],
    "secrets": ["login"],
    "components": [
        {
            "name": "worker",
            "replicas": 2,
            "maxReplicas": 4,
            "podspec": {"containers": [{"name": "worker", "image": "shop/worker:1"}]},
        }
    ],
    "minReady": "2s",
    "hotFor": "1m",
    "warmFor": "0s",
    "drainTimeout": "1m30s",
    "keepFailed": "250ms",
    "verify": [
        {"name": "smoke", "http": {"path": "/smoke", "port": 8080}, "timeout": "10s"},
        {"name": "load", "job": {"podspec": {"containers": [{"name": "k6", "image": "k6:1"}]}}},
        {"name": "ask", "webhook": {"url": "https://gate.example.org/ask"}},
    ],
    "soak": {"duration": "5m", "gates": [{"name": "errors", "http": {"path": "errors"}}]},
    "autoPromoteAfter": "1h",
    "previewReplicas": 1,
    "podspec": {
        "containers": [
            {
                "name": "shop",
                "image": "shop/shop:1",
                "ports": [
                    {"containerPort": 8080, "name": "web"},
                    {"containerPort": 9999, "name": "healthcheck"},
                    {"containerPort": 53, "protocol": "UDP"},
                ],
                "env": [
                    {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "login", "key": "k"}}},
                    {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a.txt"}}},
                ],
                "envFrom": [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "other"}}],
            }
        ],
        "initContainers": [{"name": "wait", "image": "shop/wait:1", "envFrom": [{"secretRef": {"name": "login"}}]}],
        "volumes": [
            {"name": "files", "configMap": {"name": "settings"}},
            {"name": "keys", "secret": {"secretName": "login"}},
            {
                "name": "both",
                "projected": {"sources": [{"secret": {"name": "login"}}, {"configMap": {"name": "settings"}}]},
            },
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        ],
    },
}
"""A descriptor with every field that has an effect or is kept."""


NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,9}[a-z0-9])?", fullmatch=True)
SPANS = st.sampled_from(["0s", "250ms", "30s", "1m30s", "24h"])


def _name(one: dict[str, Any]) -> str:
    return str(one["name"])


_PORTS = st.fixed_dictionaries(
    {"containerPort": st.integers(1, 65535)},
    optional={
        "name": st.from_regex(r"[a-z]{1,5}", fullmatch=True),
        "protocol": st.sampled_from(["TCP", "UDP", "SCTP"]),
    },
)
_CONTAINERS = st.fixed_dictionaries(
    {"name": NAMES, "image": st.just("image:1")},
    optional={
        "ports": st.lists(_PORTS, max_size=3),
        "env": st.lists(st.fixed_dictionaries({"name": st.sampled_from(["A", "APP_NAME", "MY_KEY"]), "value": NAMES})),
        "imagePullPolicy": st.sampled_from(["Always", "IfNotPresent"]),
        "command": st.lists(st.text(max_size=5), max_size=2),
    },
)
PODS = st.fixed_dictionaries(
    {"containers": st.lists(_CONTAINERS, min_size=1, max_size=2, unique_by=_name)},
    optional={"terminationGracePeriodSeconds": st.integers(0, 60), "nodeSelector": st.dictionaries(NAMES, NAMES)},
)
GOOD: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"namespace": NAMES, "appName": NAMES, "newVersion": st.sampled_from(["#", "1", "1.2", "1_rc"]), "podspec": PODS},
    optional={
        "replicas": st.integers(-1, 5),
        "minReplicas": st.integers(1, 5),
        "maxReplicas": st.integers(5, 9),
        "components": st.lists(
            st.fixed_dictionaries({"name": NAMES, "podspec": PODS}, optional={"replicas": st.integers(0, 5)}),
            max_size=2,
            unique_by=_name,
        ),
        "configMaps": st.lists(
            st.fixed_dictionaries({"name": NAMES, "data": st.dictionaries(NAMES, st.text(max_size=5), max_size=2)}),
            max_size=2,
            unique_by=_name,
        ),
        "frontend": st.just("shop.example.org"),
        "gateway": st.just({"parentRefs": [{"name": "public", "namespace": "infra"}]}),
        "useHealthCheck": st.booleans(),
        "healthCheckPath": st.sampled_from(["health", "/status", "/", ""]),
        "healthCheckType": st.sampled_from(["probe", "simple"]),
        "minReady": SPANS,
        "hotFor": st.sampled_from(["30s", "10m"]),
        "warmFor": SPANS,
        "drainTimeout": SPANS,
        "keepFailed": SPANS,
        "autoPromoteAfter": st.sampled_from(["never", "0s", "10m"]),
        "previewReplicas": st.integers(1, 3),
        "soak": st.fixed_dictionaries({"duration": SPANS}),
        "verify": st.lists(
            st.fixed_dictionaries({"name": NAMES, "webhook": st.just({"url": "https://gate.example.org/"})}),
            max_size=2,
            unique_by=_name,
        ),
    },
)
"""Descriptors that are mostly right, in JSON."""

NASTY: tuple[Any, ...] = (
    "../x", "kube-system", "-", "A" * 70, "a/b", "x\n- y", "${A}", "\x00", "\ud800", "", "#", "0", "null", "http://x",
    0, -1, 8080, 2**63, 10**400, 1.5, float("nan"), None, True, [], {}, [[]], {"": {}}, {"namespace": "kube-system"},
    {"name": "../x"}, [None], ["a", "a"], {"metadata": {"namespace": "kube-system"}},
)  # fmt: skip
"""What nobody means, in places where something else belongs."""


def hostile(source: random.Random) -> Any:
    """Return a descriptor in JSON with anything in some places of it."""
    value: Any = EVERYTHING if source.random() < 0.7 else document()
    for _ in range(source.randint(1, 3)):
        value = _spoiled(source, value)
    return value


def _spoiled(source: random.Random, value: Any) -> Any:
    """Return a value that differs in one place below, or is something else altogether."""
    further = source.random() < 0.85
    if isinstance(value, dict) and value and further:
        key = source.choice(list(value))
        if source.random() < 0.1:
            return {inner: value[inner] for inner in value if inner != key} | {source.choice(["x", "\ud800"]): 1}
        return {**value, key: _spoiled(source, value[key])}
    if isinstance(value, list) and value and further:
        place = source.randrange(len(value))
        return [*value[:place], _spoiled(source, value[place]), *value[place + 1 :]]
    return source.choice(NASTY)
