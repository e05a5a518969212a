from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead.domain.chart_files import (
    asks_versions,
    check_schemas,
    generates,
    looks_up,
    text_asks_versions,
    text_generates,
)
from fairlead.domain.errors import InputError

GENERATING = [
    "{{ randAlphaNum 8 }}",
    "{{- randBytes 4 -}}",
    "{{ genCA `a` 1 }}",
    "{{ genSignedCertWithKey `a` nil nil 1 $ca $key }}",
    "{{ $x := uuidv4 }}",
    "{{ now | date `2006` }}",
    "{{ .Values.x | dateInZone `2006` `UTC` }}",
    "{{ htpasswd `u` `p` }}",
    "{{ if (lookup `v1` `Secret` `a` `b`) }}",
    "{{ shuffle `abc` }}",
    "{{ encryptAES `k` `t` }}",
    "{{ getHostByName `a` }}",
    "{{ include `x` (dict `a`\n (genPrivateKey `rsa`)) }}",
]
QUIET = [
    "now: {{ .Values.now_and_then }}",
    "# date lookup randAlpha",
    "{{/* randAlpha */}}",
    "{{- /* now\n lookup */ -}}",
    "{{ .Values.updated }}",
    "{{ include `brand` . }}",
    "plain text",
    "{{ .Values.lookups }}",
    "{{ .Values.now }}{{ $date }}{{ .lookup }}",
]


@pytest.mark.parametrize("text", GENERATING)
def test_templates_that_generate(text: str) -> None:
    assert generates({"templates/a.yaml": b"a: 1\n" + text.encode()})
    assert text_generates(text.encode())


@pytest.mark.parametrize("text", QUIET)
def test_templates_that_do_not(text: str) -> None:
    assert not generates({"templates/a.yaml": text.encode()})
    assert not text_generates(text.encode())


def test_only_lookup_reads_from_the_cluster() -> None:
    assert looks_up({"a": b"{{ lookup `v1` `Pod` `` `` }}"})
    assert not looks_up({"a": b"{{ now }}", "b": b"lookup", "c": b"\xff\xfe{{"})


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        (b"{{ .Capabilities.APIVersions.Has `v1` }}", True),
        (b"{{ with .Capabilities }}", True),
        (b"{{ index . `Capabilities` }}", True),
        (b"{{ .Capabilities.KubeVersions }}", True),
        (b"{{ .Capabilities.KubeVersion.Minor }} {{ .Capabilities.HelmVersion }}", False),
        (b"{{ .Values.capabilities }} {{ .MyCapabilities }}", False),
    ],
)
def test_whatever_may_lead_to_api_versions_asks_for_them(text: bytes, asks: bool) -> None:
    assert text_asks_versions(text) is asks
    assert asks_versions({"a": b"\xff{{", "b": text}) is asks


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#"}}},
        {"$schema": "http://json-schema.org/draft-07/schema#"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"$schema": "http://json-schema.org/schema#"},
        {"$id": "https://example.org/mine", "properties": {"$ref": {"type": "string"}, "id": {"type": "string"}}},
        {"$dynamicRef": "#node"},
        [{"$ref": "#a"}],
        True,
        None,
    ],
)
def test_schemas_that_stay_at_home(schema: Any) -> None:
    check_schemas({"values.schema.json": json.dumps(schema).encode()}, chart="c")


@pytest.mark.parametrize(
    "target",
    ["http://sink/x", "https://sink/x#/a", "file:///etc/passwd", "other.json", "/etc/passwd", "urn:x:y", "../a.json"],
)
@pytest.mark.parametrize("key", ["$ref", "$dynamicRef", "$recursiveRef", "$schema"])
def test_schemas_that_load_something_are_refused(key: str, target: str) -> None:
    files = {"charts/inner/values.schema.json": json.dumps({"allOf": [{"properties": {"a": {key: target}}}]}).encode()}
    with pytest.raises(InputError) as caught:
        check_schemas(files, chart="c")
    problem = caught.value.problems[0]
    assert (problem.code, problem.file) == ("schemaReference", "charts/inner/values.schema.json")


@pytest.mark.parametrize("content", [b"{", b"", b"\xff", b"[" * 100_000])
def test_broken_schemas_are_left_to_helm(content: bytes) -> None:
    check_schemas({"values.schema.json": content}, chart="c")
