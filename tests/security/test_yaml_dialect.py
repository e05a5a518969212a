"""S25: what a reviewer sees is what is applied.

The golden holds what sigs.k8s.io/yaml 1.6.0 made of each scalar: the library with which the API server reads YAML.
"""

from __future__ import annotations

import json

import pytest

from fairlead.domain.documents import MappingNode, ScalarNode
from fairlead.domain.errors import InputError
from fairlead.doors.yaml import read_document, read_manifests, read_values
from tests.conftest import GOLDENS

SCALARS = json.loads((GOLDENS / "config" / "scalars.json").read_text())["values"]


def test_s25_the_golden_is_large_enough_to_mean_something() -> None:
    assert len(SCALARS) >= 60


@pytest.mark.parametrize(("text", "meaning"), SCALARS.items())
def test_s25_manifests_and_values_agree_with_the_api_server(text: str, meaning: object) -> None:
    document = f"a: {text}\n".encode()
    if meaning == {}:
        for read in (read_manifests, read_values):
            with pytest.raises(InputError):
                read(document, "f.yaml")
        return
    ((found, _),) = read_manifests(document, "f.yaml")
    assert repr(found["a"]) == repr(meaning)
    assert repr(read_values(document, "f.yaml")["a"]) == repr(meaning)


@pytest.mark.parametrize("text", SCALARS)
def test_s25_declared_files_keep_every_scalar_as_written(text: str) -> None:
    root = read_document(f"a: {text}\n".encode(), "f.yaml").root
    assert isinstance(root, MappingNode)
    value = root.entries[0][1]
    assert isinstance(value, ScalarNode)
    assert value.text == text


@pytest.mark.parametrize("text", [b"a: 1\na: 2\n", b"a: {b: 1, b: 1}\n", b'{"a": 1, "a": 1}', b"1: x\n'1': y\n"])
def test_s25_repeated_keys_are_refused(text: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_manifests(text, "f.yaml")
    assert caught.value.code == "duplicateKey"


@pytest.mark.parametrize("text", [b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}'])
def test_s25_json_s_not_a_number_is_refused(text: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_manifests(text, "f.json")
    assert caught.value.code == "invalidScalar"
