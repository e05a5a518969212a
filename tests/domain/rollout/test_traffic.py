"""Which version a route leads to, and what a switch consists of."""

from __future__ import annotations

import pytest

from fairlead.domain.rollout.traffic import Backend, Route, RouteElement, RouteTarget, Selector, Weights, towards
from tests.domain.rollout.units import SHOP, WWW, selector

_WEIGHTS = Weights((Backend("shop-1", "1", 100), Backend("shop-2", "2", 0), Backend("other", "", 5)))


@pytest.mark.parametrize(
    ("route", "version", "leads"),
    [
        (selector("1"), "1", True),
        (selector("1"), "2", False),
        (Selector({"app": "shop"}), "1", True),
        (Selector({"app": "shop"}), "2", True),
        (Selector({"app": "shop"}).with_version("2"), "1", False),
        (_WEIGHTS, "1", True),
        (_WEIGHTS, "2", False),
        (_WEIGHTS, "3", False),
    ],
)
def test_a_route_leads_to_the_versions_that_get_traffic_by_it(route: Route, version: str, leads: bool) -> None:
    assert route.leads_to(version) is leads


def test_an_element_knows_both_sides_and_nothing_else() -> None:
    element = RouteElement(SHOP, selector("1"), selector("2"))
    assert element.knows(selector("1"))
    assert element.knows(selector("2"))
    assert not element.knows(selector("3"))
    assert not element.knows(None)
    assert [element.leads_to(version) for version in ("1", "2", "3")] == [True, True, False]


def test_a_switch_has_every_element_of_both_sides_once_in_the_order_of_the_new_one() -> None:
    elements = towards(
        [RouteTarget(WWW, _WEIGHTS), RouteTarget(SHOP, selector("1"))], [RouteTarget(SHOP, selector("2"))]
    )
    assert elements == (RouteElement(SHOP, selector("1"), selector("2")), RouteElement(WWW, _WEIGHTS, None))


def test_the_first_switch_begins_with_nothing() -> None:
    element = towards([], [RouteTarget(SHOP, selector("1"))])[0]
    assert element == RouteElement(SHOP, None, selector("1"))
    assert element.knows(None)
