from __future__ import annotations

import pytest

from fairlead.domain.config import Cluster, Compat, Declaration, Environment, ManifestFiles, Place, Release
from fairlead.domain.errors import InputError
from fairlead.domain.labels import parse_selector
from fairlead.domain.providers import Minikube
from fairlead.domain.selection import Scope, choose_environments, choose_releases

PLACE = Place("environments.yaml", 1, 1)


def release(name: str, **labels: str) -> Release:
    return Release(name, ManifestFiles(("m.yaml",)), PLACE, labels=labels)


def environment(name: str, cluster: str, *releases: Release) -> Environment:
    return Environment(name, cluster, "ns", PLACE, releases)


TEST = environment("test", "eu", release("shop", team="web"), release("db"))
STAGING = environment("staging", "eu", release("shop", team="web"))
PROD = environment("prod", "us", release("shop", team="ops"), release("queue"))
DECLARATION = Declaration(
    "environments.yaml",
    (Cluster("eu", Minikube(), {}, PLACE), Cluster("us", Minikube(), {}, PLACE)),
    (TEST, STAGING, PROD),
    (),
    Compat(),
)


@pytest.mark.parametrize(
    ("scope", "environments"),
    [
        (Scope(environment="test"), (TEST,)),
        (Scope(cluster="eu"), (TEST, STAGING)),
        (Scope(everything=True), (TEST, STAGING, PROD)),
    ],
)
def test_scopes(scope: Scope, environments: tuple[Environment, ...]) -> None:
    assert choose_environments(DECLARATION, scope) == environments


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (Scope(), "selection"),
        (Scope(environment="test", cluster="eu"), "selection"),
        (Scope(cluster="eu", everything=True), "selection"),
        (Scope(environment="tset"), "unknownEnvironment"),
        (Scope(cluster="ue"), "unknownCluster"),
    ],
)
def test_bad_scopes(scope: Scope, code: str) -> None:
    with pytest.raises(InputError) as caught:
        choose_environments(DECLARATION, scope)
    assert caught.value.code == code


def test_an_unknown_name_is_answered_with_the_near_one() -> None:
    with pytest.raises(InputError) as caught:
        choose_environments(DECLARATION, Scope(environment="stagin"))
    assert "`staging`" in (caught.value.problems[0].remedy or "")


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        ((), ["test/shop", "test/db", "prod/shop", "prod/queue"]),
        (("shop",), ["test/shop", "prod/shop"]),
        (("queue, db",), ["test/db", "prod/queue"]),
        (("queue", "db"), ["test/db", "prod/queue"]),
    ],
)
def test_releases_by_name_come_in_declared_order(names: tuple[str, ...], keys: list[str]) -> None:
    chosen = choose_releases((TEST, PROD), names)
    assert [str(target.key) for target in chosen] == keys


def test_every_unknown_release_is_named() -> None:
    with pytest.raises(InputError) as caught:
        choose_releases((TEST, PROD), ["shop,shap", "dbb"])
    assert [problem.code for problem in caught.value.problems] == ["unknownRelease", "unknownRelease"]


def test_a_release_of_other_environments_only_is_unknown() -> None:
    with pytest.raises(InputError):
        choose_releases((STAGING,), ["queue"])


def test_releases_by_label() -> None:
    chosen = choose_releases((TEST, STAGING, PROD), (), parse_selector("team=web"))
    assert [str(target.key) for target in chosen] == ["test/shop", "staging/shop"]


def test_a_selector_that_matches_nothing_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        choose_releases((TEST,), ["db"], parse_selector("team=web"))
    assert caught.value.code == "nothingSelected"


def test_an_empty_environment_selects_nothing_without_complaint() -> None:
    assert choose_releases((environment("empty", "eu"),), (), parse_selector("team=web")) == ()
