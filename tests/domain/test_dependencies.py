from __future__ import annotations

from fairlead.domain.config import Environment, ManifestFiles, Place, Release
from fairlead.domain.dependencies import in_order, release_dependencies, unselected
from fairlead.domain.targets import Target

PLACE = Place("releases/shop.yaml", 1, 1)


def _release(name: str, *depends_on: str) -> Release:
    return Release(name, ManifestFiles(("a.yaml",)), PLACE, depends_on=depends_on)


SHOP = Environment(
    "test", "c", "shop", PLACE, (_release("db"), _release("web", "db"), _release("front", "web", "db"), _release("x"))
)
TARGETS = [Target(SHOP, release) for release in SHOP.releases]
DB, WEB, FRONT, OTHER = (target.key for target in TARGETS)


def test_declared_dependencies() -> None:
    assert release_dependencies(TARGETS) == {DB: (), WEB: (DB,), FRONT: (DB, WEB), OTHER: ()}


def test_declared_order_adds_the_release_before() -> None:
    found = release_dependencies(TARGETS, declared_order=True)
    assert found == {DB: (), WEB: (DB, DB), FRONT: (DB, WEB, WEB), OTHER: (FRONT,)}


def test_declared_order_does_not_reach_over_environments() -> None:
    other = Target(Environment("prod", "c", "shop", PLACE, (_release("db"),)), _release("db"))
    assert release_dependencies([*TARGETS, other], declared_order=True)[other.key] == ()


def test_unselected_dependencies_are_found_once() -> None:
    assert unselected(TARGETS) == ()
    assert [target.key for target in unselected([TARGETS[1], TARGETS[2]])] == [DB]
    assert [target.key for target in unselected([TARGETS[2]])] == [DB, WEB]


def test_targets_come_after_what_they_wait_for_else_as_declared() -> None:
    shuffled = [TARGETS[2], TARGETS[3], TARGETS[1], TARGETS[0]]
    assert [target.key for target in in_order(shuffled)] == [OTHER, DB, WEB, FRONT]
    assert [target.key for target in in_order(TARGETS, declared_order=True)] == [DB, WEB, FRONT, OTHER]


def test_a_circle_does_not_stop_the_sorting() -> None:
    circle = Environment("test", "c", "shop", PLACE, (_release("a", "b"), _release("b", "a")))
    assert len(in_order([Target(circle, release) for release in circle.releases])) == 2
