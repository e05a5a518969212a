from __future__ import annotations

import pytest

from fairlead.pipeline.observation.feeds import Feed, version_number
from fairlead.ports.cluster import ApiKind, WatchEvent, WatchType
from tests.fakes.workloads import deployment, replica_set

SETS = ApiKind("apps/v1", "ReplicaSet", "replicasets", namespaced=True)


def test_owned_objects_are_found_by_owner_until_they_are_gone() -> None:
    feed = Feed(SETS, "shop")
    one, two = replica_set(deployment(), "one"), replica_set(deployment(), "two")
    feed.replace([one, two])
    assert feed.owned_by("d-api") == (one, two)

    feed.take(WatchEvent(WatchType.DELETED, one))
    assert feed.owned_by("d-api") == (two,)

    feed.replace([])
    assert feed.owned_by("d-api") == ()


def test_an_object_that_changes_hands_leaves_its_owner() -> None:
    feed = Feed(SETS, "shop")
    mine = replica_set(deployment())
    feed.replace([mine])

    feed.take(WatchEvent(WatchType.MODIFIED, {**mine, "metadata": {**mine["metadata"], "ownerReferences": []}}))

    assert feed.owned_by("d-api") == ()


def test_only_what_happened_since_the_first_list_is_fresh() -> None:
    feed = Feed(SETS, "shop")
    old, new = replica_set(deployment(), "old"), replica_set(deployment(), "new")
    feed.replace([old])
    feed.replace([old, new])
    assert feed.fresh == {"rs-api-new"}

    feed.take(WatchEvent(WatchType.MODIFIED, old))
    assert feed.fresh == {"rs-api-new", "rs-api-old"}


def test_a_bookmark_changes_nothing() -> None:
    feed = Feed(SETS, "shop")
    feed.replace([])

    feed.take(WatchEvent(WatchType.BOOKMARK, {"metadata": {"resourceVersion": "9"}}))

    assert feed.objects == {}


def test_a_feed_knows_up_to_where_it_knows() -> None:
    feed = Feed(SETS, "shop")
    feed.replace([], "7")
    feed.take(WatchEvent(WatchType.BOOKMARK, {"metadata": {"resourceVersion": "12"}}))
    assert feed.version == 12

    feed.replace([], "9")
    assert feed.version == 12


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("", 0), ("opaque", 0)])
def test_a_version_that_is_no_number_is_older_than_all(text: str, number: int) -> None:
    assert version_number(text) == number
