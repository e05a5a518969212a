from __future__ import annotations

from typing import Any

from fairlead.domain.normalising import body, normalised, visible

SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}


def test_string_data_is_folded_into_data_and_wins() -> None:
    folded = normalised({**SECRET, "data": {"a": "QQ==", "b": "Qg=="}, "stringData": {"b": "new", "n": 5}})
    assert folded == {**SECRET, "data": {"a": "QQ==", "b": "bmV3", "n": 5}}
    assert normalised({**SECRET, "stringData": None}) == {**SECRET, "data": {}}


def test_string_data_of_other_kinds_is_left_as_it_is() -> None:
    obj = {"apiVersion": "example.com/v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}}
    assert normalised(obj) == obj


def test_metadata_that_says_nothing_is_left_out() -> None:
    obj: dict[str, Any] = {
        "metadata": {"name": "a", "labels": {}, "annotations": None, "creationTimestamp": None, "finalizers": []}
    }
    assert normalised(obj) == {"metadata": {"name": "a", "finalizers": []}}


def test_body_is_what_a_manager_can_own() -> None:
    meta = {"name": "a", "namespace": "n", "uid": "u", "resourceVersion": "1", "managedFields": [], "generation": 2}
    obj = {"apiVersion": "v1", "kind": "X", "metadata": meta, "spec": {}, "status": {"ready": True}}
    assert body(obj) == {"spec": {}, "status": {"ready": True}}
    assert visible(obj) == {"spec": {}}
    assert body({**obj, "metadata": {**meta, "labels": {"a": "b"}}})["metadata"] == {"labels": {"a": "b"}}
