from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.errors import InputError
from fairlead.domain.labels import parse_selector, selector_of

LABELS = {"team": "web", "tier": "", "fairlead.dev/kind": "app"}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True),
        ("team=web", True),
        ("team==web", True),
        ("team = web , tier", True),
        ("team!=web", False),
        ("none!=web", True),
        ("team in (api, web)", True),
        ("team in (api)", False),
        ("team notin (api,db)", True),
        ("none notin (api)", True),
        ("tier", True),
        ("tier=", True),
        ("none", False),
        ("!none", True),
        ("! team", False),
        ("fairlead.dev/kind=app,team=web", True),
        ("fairlead.dev/kind=app,team=api", False),
    ],
)
def test_selectors(selector: str, matches: bool) -> None:
    assert parse_selector(selector).matches(LABELS) is matches


@pytest.mark.parametrize("selector", ["=x", "a=b=c", "a in b", "a in (", "a,,b", "a b", "!", "a=(x)", ","])
def test_what_is_no_selector(selector: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_selector(selector)
    assert caught.value.code == "invalidSelector"


@pytest.mark.parametrize(
    ("written", "matches"),
    [
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "api"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}, {"key": "b", "operator": "Exists"}]}, False),
        ({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "b", "operator": "DoesNotExist"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Like"}]}, True),
    ],
    ids=range(9),
)
def test_selectors_as_they_stand_in_objects(written: dict[str, Any], matches: bool) -> None:
    assert selector_of(written).matches({"app": "web", "tier": "front"}) is matches
