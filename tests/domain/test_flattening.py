from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import InputError
from fairlead.domain.flattening import flattened
from fairlead.domain.manifests import Manifest

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}


def flat(*objects: dict[str, Any]) -> list[Any]:
    return [one.data for one in flattened(Manifest(obj, "a.yaml", 3) for obj in objects)]


def test_lists_give_their_items_in_place() -> None:
    inner = {"apiVersion": "v1", "kind": "List", "items": [POD]}
    assert flat(POD, {"apiVersion": "v1", "kind": "List", "items": [POD, inner]}, POD) == [POD] * 4
    assert flat({"apiVersion": "v1", "kind": "List", "items": []}) == []


def test_typed_lists_say_the_kind_of_their_items() -> None:
    short = {"metadata": {"name": "p"}}
    full = {"apiVersion": "v2", "kind": "Other", "metadata": {"name": "o"}}
    assert flat({"apiVersion": "v1", "kind": "PodList", "items": [short, full]}) == [POD, full]


def test_kinds_that_only_sound_like_lists_are_objects() -> None:
    allow = {"apiVersion": "x/v1", "kind": "AllowList", "metadata": {"name": "a"}, "spec": {}}
    assert flat(allow, {**POD, "items": [1]}) == [allow, {**POD, "items": [1]}]


def test_items_keep_the_place_of_their_list() -> None:
    (item,) = flattened([Manifest({"apiVersion": "v1", "kind": "List", "items": [POD]}, "a.yaml", 3)])
    assert (item.source, item.line) == ("a.yaml", 3)


@pytest.mark.parametrize("items", [[1], [None], [[POD]], ["text"]])
def test_items_that_are_no_objects_are_refused(items: list[Any]) -> None:
    with pytest.raises(InputError) as caught:
        flat({"apiVersion": "v1", "kind": "List", "items": items})
    assert (caught.value.code, caught.value.problems[0].line) == ("objectInvalid", 3)


def test_lists_within_lists_have_an_end() -> None:
    nested: dict[str, Any] = POD
    for _ in range(20):
        nested = {"apiVersion": "v1", "kind": "List", "items": [nested]}
    with pytest.raises(InputError):
        flat(nested)
