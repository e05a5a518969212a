"""Initializing several clusters: each once, in order, and no failure hides another."""

from __future__ import annotations

import pytest

from fairlead.domain.config import Cluster, Compat, Declaration, Environment, Place
from fairlead.domain.errors import FairleadError, InputError, OperationFailed, Problem, Refused, Transient
from fairlead.domain.providers import Minikube
from fairlead.pipeline.init import initialize
from tests.fakes.provider import FakeClusterAccess

PLACE = Place("environments.yaml", 1, 1)
CLUSTERS = tuple(Cluster(name, Minikube(), {}, PLACE) for name in ("eu", "us", "local"))
EU_TEST, US_TEST, EU_PROD, LOCAL = ENVIRONMENTS = tuple(
    Environment(name, cluster, "shop", PLACE)
    for name, cluster in (("eu-test", "eu"), ("us-test", "us"), ("eu-prod", "eu"), ("local", "local"))
)
DECLARATION = Declaration("environments.yaml", CLUSTERS, ENVIRONMENTS, (), Compat())


@pytest.fixture
def access() -> FakeClusterAccess:
    return FakeClusterAccess({name: f"https://{name}.test" for name in ("eu", "us", "local")})


async def test_each_cluster_has_one_turn_and_results_keep_the_order_asked_for(access: FakeClusterAccess) -> None:
    made = await initialize(access, DECLARATION, [EU_TEST, US_TEST, EU_PROD])
    assert access.initialized == [
        ("eu", ("eu-test", "eu-prod"), False, False),
        ("us", ("us-test",), False, False),
    ]
    assert [(one.name, one.server) for one in made] == [
        ("env:eu-test", "https://eu.test"),
        ("env:us-test", "https://us.test"),
        ("env:eu-prod", "https://eu.test"),
    ]


async def test_options_are_passed_on(access: FakeClusterAccess) -> None:
    await initialize(access, DECLARATION, [LOCAL], contexts_only=True, gitlab=True)
    assert access.initialized == [("local", ("local",), True, True)]


async def test_nothing_to_do(access: FakeClusterAccess) -> None:
    assert await initialize(access, DECLARATION, []) == ()


def problem(code: str) -> Problem:
    return Problem(code, code)


@pytest.mark.parametrize(
    ("eu", "us", "raised"),
    [
        (InputError(problem("a")), InputError(problem("b")), InputError),
        (Refused([problem("a"), problem("aa")]), Refused(problem("b")), Refused),
        (OperationFailed(problem("a")), Transient(problem("b")), OperationFailed),
        (InputError(problem("a")), Refused(problem("b")), OperationFailed),
    ],
)
async def test_every_failure_is_reported_and_the_others_still_have_their_turn(
    access: FakeClusterAccess, eu: FairleadError, us: FairleadError, raised: type[FairleadError]
) -> None:
    access.fail("eu", eu)
    access.fail("us", us)
    with pytest.raises(FairleadError) as caught:
        await initialize(access, DECLARATION, ENVIRONMENTS)
    assert type(caught.value) is raised
    assert caught.value.problems == (*eu.problems, *us.problems)
    assert [call[0] for call in access.initialized] == ["eu", "us", "local"]


async def test_a_single_failure_stays_what_it_is(access: FakeClusterAccess) -> None:
    error = Transient(problem("a"), delay_seconds=7)
    access.fail("us", error)
    with pytest.raises(Transient) as caught:
        await initialize(access, DECLARATION, ENVIRONMENTS)
    assert caught.value is error
