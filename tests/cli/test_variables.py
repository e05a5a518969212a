"""Environment variables over a cluster in memory: what is stored, what is shown, what they would restart."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from fairlead.adapters.anchors.secrets import SecretAnchors
from fairlead.domain.apps.configuration import SecretContent
from fairlead.domain.apps.objects import Inputs
from fairlead.domain.apps.variables import SecretKey, Variable
from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.anchor import Anchor, Version
from fairlead.domain.rollout.phases import VersionState
from fairlead.domain.units import UnitKey
from fairlead.pipeline.units.anchoring import Held, swap_anchor
from fairlead.pipeline.units.describing import contents_of, spec_of
from tests.cli.shops import Shop
from tests.conftest import Golden
from tests.fakes.descriptors import described

STORE = ObjectRef("v1", "ConfigMap", "shop", "fairlead.variables.v1")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def stored(shop: Shop) -> Shop:
    """A shop whose namespace has two variables."""
    shop.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    assert shop.run("env", "set", "kafka-url=kafka:9092?a=b", "ZONE=b", "-e", "test").code == 0
    assert shop.run("env", "set", "--secret", "TOKEN=login/token", "-e", "test").code == 0
    return shop


def live(shop: Shop, app: str, *variables: Variable, described_by_us: bool = True) -> None:
    """Put an app into the cluster whose live version 7 has these variables."""
    key = UnitKey("eu", "shop", app)
    descriptor = described(appName=app, namespace="shop")
    contents = contents_of(descriptor, "7", Inputs(variables, {"login": SecretContent({})}))
    version = Version(
        spec=spec_of(descriptor, contents),
        state=VersionState.LIVE,
        since=NOW,
        deployment="d",
        by="ann",
        replicas={app: 1},
        was_live=True,
    )
    document = contents.to_json() if described_by_us else {**contents.to_json(), "descriptor": None}

    async def put() -> None:
        anchors = SecretAnchors(shop.cluster)
        await anchors.add_version(key, "7", document)
        await swap_anchor(anchors, key, Held(), Anchor(versions=(version,)), None)

    asyncio.run(put())


ZONE, URL = Variable("ZONE", "b"), Variable("KAFKA_URL", "kafka:9092?a=b")
TOKEN = Variable("TOKEN", SecretKey("login", "token"))


def test_what_was_set_is_listed(stored: Shop, golden: Golden) -> None:
    found = stored.run("env", "list", "-e", "test", width=80)
    assert found.code == 0
    golden("cli/shop-env-list.txt", found.stdout)
    document = stored.run("env", "list", "-e", "test", "--output", "json").document
    assert (document["kind"], document["cluster"], document["namespace"]) == ("Variables", "eu", "shop")
    assert document["variables"] == [
        {"name": "KAFKA_URL", "value": "kafka:9092?a=b", "secretRef": None},
        {"name": "TOKEN", "value": None, "secretRef": {"name": "login", "key": "token"}},
        {"name": "ZONE", "value": "b", "secretRef": None},
    ]


def test_namespaces_are_apart(stored: Shop) -> None:
    stored.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "staging"}})
    assert stored.run("env", "list", "-e", "staging", "--output", "json").document["variables"] == []
    assert stored.run("env", "list", "-e", "staging").stdout == "No variables are set in staging.\n"


def test_a_variable_is_replaced_and_removed(stored: Shop) -> None:
    assert stored.run("env", "set", "zone=c", "-e", "test").code == 0
    left = stored.run("env", "unset", "kafka-url", "TOKEN", "-e", "test", "--output", "json").document
    assert [(one["name"], one["value"]) for one in left["variables"]] == [("ZONE", "c")]


def test_what_a_change_would_restart(stored: Shop, golden: Golden) -> None:
    live(stored, "web", ZONE, URL, TOKEN)
    live(stored, "old", Variable("zone", "a"), URL)
    live(stored, "adopted", described_by_us=False)
    before = len(stored.cluster.bookkeeping)
    found = stored.run("env", "unset", "TOKEN", "-e", "test", "--dry-run", "--output", "json").document
    assert len(stored.cluster.bookkeeping) == before
    assert [one["name"] for one in found["variables"]] == ["KAFKA_URL", "ZONE"]
    assert found["restarts"] == [
        {"app": "old", "version": "7", "names": ["ZONE"]},
        {"app": "web", "version": "7", "names": ["TOKEN"]},
    ]
    shown = stored.run("env", "set", "MORE=d", "-e", "test", width=80)
    golden("cli/shop-env-restarts.txt", shown.stdout)


def test_nothing_is_written_where_nothing_changes(stored: Shop) -> None:
    before = len(stored.cluster.bookkeeping)
    assert stored.run("env", "set", "ZONE=b", "-e", "test").code == 0
    assert len(stored.cluster.bookkeeping) == before


def test_who_was_too_slow_tries_again(stored: Shop) -> None:
    conflict = RemoteRefused(Problem("conflict", "somebody was faster"), status=409)
    stored.cluster.fail(conflict, verb="replace", name=STORE.name)
    found = stored.run("env", "set", "MINE=y", "-e", "test", "--output", "json").document
    assert [one["name"] for one in found["variables"]] == ["KAFKA_URL", "MINE", "TOKEN", "ZONE"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("set", "ZONE"), "invalidAssignment"),
        (("set", "1A=b"), "invalidName"),
        (("set", "=b"), "invalidName"),
        (("set", "A=" + "x" * 40_000), "invalidValue"),
        (("set", "--secret", "A=login"), "invalidAssignment"),
        (("unset", "A"), "unknownVariable"),
    ],
    ids=range(6),
)
def test_mistakes(stored: Shop, arguments: tuple[str, ...], code: str) -> None:
    before = len(stored.cluster.bookkeeping)
    found = stored.run("env", *arguments, "-e", "test", "--output", "json")
    assert (found.code, found.document["errors"][0]["code"]) == (2, code)
    assert len(stored.cluster.bookkeeping) == before
