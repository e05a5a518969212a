from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.config import EnvRef, GceAddress, Literal, SecretRef, ValueSource
from tests.fakes.declared import HEAD, Declared, declare_releases

GKE = """\
clusters:
  - name: local
    provider: {gke: {project: p, clusterName: c, zone: z}}
    parameters: [{name: ip, value: shop-ip}]
environments:
  - {name: test, clusterName: local, kubeNamespace: ns, releasesFiles: [apps/apps.yaml]}
"""


def one_value(text: str, head: str = HEAD) -> Declared:
    return declare_releases(f"releases:\n- name: a\n  chart: {{dir: c}}\n  values:\n  - {{key: k, {text}}}\n", head)


# kubecd.md 2.4: what KubeCD changed silently keeps its source text.
TEXTS = ["bar", "42", "0.1", "0.100", "true", "1.0", "1.10", "0x10", "010", "1_000", "yes", "1e3", "3842e10", "00123"]
TEXTS += ["12345678901234567890", "2020-01-01", "y", "n", "1:30", ".inf"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_value_is_the_text_as_written(text: str, quote: str) -> None:
    declared = one_value(f"value: {quote}{text}{quote}")
    assert declared.codes == []
    assert declared.release.values[0].source == Literal(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("value: ''", ""),
        ("value: 'a,b\\,c=d'", "a,b\\,c=d"),
        ("value: 5, type: integer", 5),
        ("value: '5', type: integer", 5),
        ("value: 010, type: integer", 8),
        ("value: 1.5, type: number", 1.5),
        ("value: 2, type: number", 2),
        ("value: yes, type: boolean", True),
        ("value: 'false', type: boolean", False),
        ("value: 5, type: string", "5"),
        ("value: [1, x, {a: yes}], type: json", [1, "x", {"a": True}]),
        ("value: {a: {b: 1.10}}, type: json", {"a": {"b": 1.1}}),
        ("value: null, type: json", None),
        ("value: , type: json", None),
        ("value: 5, type: json", 5),
        ('value: \'{"a": [1, "x"]}\', type: json', {"a": [1, "x"]}),
        ("value: '\"text\"', type: json", "text"),
    ],
)
def test_typed_values(text: str, value: Any) -> None:
    declared = one_value(text)
    assert declared.codes == []
    source = declared.release.values[0].source
    assert isinstance(source, Literal)
    assert repr(source.value) == repr(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("value: [1]", "wrongType"),
        ("value: {a: 1}", "wrongType"),
        ("value: ", "wrongType"),
        ("value: ~", "wrongType"),
        ("value: x, type: integer", "wrongType"),
        ("value: 1.5, type: integer", "wrongType"),
        ("value: true, type: integer", "wrongType"),
        ("value: true, type: number", "wrongType"),
        ("value: .inf, type: number", "wrongType"),
        ("value: 1, type: boolean", "wrongType"),
        ("value: [1], type: integer", "wrongType"),
        ("value: text, type: json", "wrongType"),
        ("value: 'NaN', type: json", "wrongType"),
        ('value: \'{"a": 1, "a": 2}\', type: json', "wrongType"),
        ("value: [.nan], type: json", "invalidScalar"),
        ("value: 1, type: int", "invalidValue"),
        ("type: integer", "valueOrValueFrom"),
        ("value: 1, valueFrom: {env: X}", "valueOrValueFrom"),
        ("valueFrom: {env: X}, type: integer", "typeWithoutValue"),
        ("valueFrom: {}", "valueSource"),
        ("valueFrom: {env: X, secretRef: {name: s, key: k}}", "valueSource"),
        ("valueFrom: {env: 'a b'}", "invalidValue"),
        ("valueFrom: {secretRef: {name: s}}", "missingKey"),
        ("valueFrom: {secretRef: {name: other/s, key: k}}", "invalidValue"),
        ("valueFrom: {vault: x}", "unknownKey"),
        ("valueFrom: {gceResource: {address: {name: x}}}", "gceNeedsGke"),
        ("valueFrom: {gceResource: {}}", "missingKey"),
    ],
)
def test_value_mistakes(text: str, code: str) -> None:
    assert one_value(text).codes == [code]


def test_deep_json_is_refused_not_fatal() -> None:
    assert one_value(f"value: '{'[' * 100_000}', type: json").codes == ["wrongType"]


@pytest.mark.parametrize("key", ["a..b", "", "a[x]", ".a"])
def test_keys_that_helm_cannot_read(key: str) -> None:
    declared = declare_releases(f"releases: [{{name: a, chart: {{dir: c}}, values: [{{key: '{key}', value: x}}]}}]\n")
    assert [(problem.code, problem.path) for problem in declared.problems] == [
        ("invalidValueKey", "releases[0].values[0].key")
    ]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("env: TOKEN", EnvRef("TOKEN")),
        ("secretRef: {name: db, key: password}", SecretRef("db", "password")),
        ("gceResource: {address: {name: shop-ip, isGlobal: true}}", GceAddress("shop-ip", is_global=True)),
        ("gceResource: {address: {nameFrom: {clusterParam: ip}}}", GceAddress("shop-ip")),
    ],
)
def test_values_from_elsewhere(text: str, source: ValueSource) -> None:
    declared = one_value(f"valueFrom: {{{text}}}", GKE)
    assert declared.codes == []
    assert declared.release.values[0].source == source


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("{nameFrom: {clusterParam: pi}}", "undefinedParameter"),
        ("{}", "addressName"),
        ("{name: a, nameFrom: {clusterParam: ip}}", "addressName"),
        ("{name: '-a'}", "invalidValue"),
    ],
)
def test_address_mistakes(address: str, code: str) -> None:
    assert one_value(f"valueFrom: {{gceResource: {{address: {address}}}}}", GKE).codes == [code]


def test_a_value_written_twice_is_a_warning_and_the_last_one_counts() -> None:
    declared = declare_releases(
        "releases: [{name: a, chart: {dir: c}, values: [{key: k, value: x}, {key: k, value: y}]}]\n"
    )
    assert declared.codes == ["duplicateValue"]
    assert [entry.source for entry in declared.release.values] == [Literal("x"), Literal("y")]


def test_an_entry_knows_its_place() -> None:
    place = one_value("value: x").release.values[0].place
    assert (place.file, place.line, place.column, place.path) == ("apps/apps.yaml", 5, 5, "releases[0].values[0]")
