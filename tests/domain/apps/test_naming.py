from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.apps.naming import collisions, is_service_name, normalised
from fairlead.domain.apps.objects import version_objects
from fairlead.domain.apps.unit_objects import unit_objects
from fairlead.domain.identity import Identity, object_ref
from fairlead.domain.manifests import JsonObject
from tests.fakes.descriptors import NAMES, described, pod


def everything(app: str, version: str, **fields: Any) -> list[JsonObject]:
    """Return all objects of one version of an app."""
    descriptor = described(appName=app, newVersion=version, **fields)
    made, unit = version_objects(descriptor, version), unit_objects(descriptor, version, version)
    return [*made.created, *made.autoscalers, *unit.all]


def live(objects: list[JsonObject]) -> dict[Identity, JsonObject]:
    return {object_ref(obj).identity: obj for obj in objects}


def test_a_name_that_another_app_has_is_refused_naming_it() -> None:
    found = collisions(everything("web-1", "2"), live(everything("web", "1-2")))
    assert {problem.code for problem in found} == {"nameTaken"}
    assert len(found) == 3
    assert all("team/web, version 1-2" in problem.message for problem in found)


def test_a_component_takes_no_service_of_another_app() -> None:
    components = [{"name": "api", "podspec": pod({"containerPort": 1})}]
    found = collisions(everything("web", "7", components=components), live(everything("web-api", "8")))
    assert ["team/web-api" in problem.message for problem in found] == [True]


def test_the_same_version_again_is_no_collision() -> None:
    assert collisions(everything("web", "7"), live(everything("web", "7"))) == ()
    assert collisions(everything("web", "8"), live(everything("web", "7"))) == ()


def test_what_nobody_marked_is_not_ours() -> None:
    plain = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "team"}}
    found = collisions(everything("web", "7"), live([plain]))
    assert [problem.code for problem in found] == ["nameTaken"]
    assert collisions(everything("web", "7"), live([plain]), adoptable=live([plain])) == ()


@given(NAMES, NAMES, NAMES, NAMES)
def test_whoever_would_share_a_name_is_refused(app: str, version: str, other: str, another: str) -> None:
    if (app, version) == (other, another):
        return
    wanted, present = everything(app, version), live(everything(other, another))
    stable = {"Service", "Ingress"} if app == other else set()
    shared = {
        obj["metadata"]["name"]
        for obj in wanted
        if object_ref(obj).identity in present
        and not (obj["kind"] in stable and "version" not in obj["metadata"]["labels"])
    }
    assert bool(collisions(wanted, present)) == bool(shared)


@pytest.mark.parametrize(("text", "expected"), [("Shop.Front_End", "shop-front-end"), ("1.2", "1-2"), ("#", "#")])
def test_normalised(text: str, expected: str) -> None:
    assert normalised(text) == expected


@given(st.text(max_size=70))
def test_service_names(text: str) -> None:
    allowed = text[:1].isalpha() and text.isascii() and text == text.lower() and len(text) <= 63
    assert is_service_name(text) == (allowed and text.replace("-", "a").isalnum() and not text.endswith("-"))
