"""What every store promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.adapters.store.store import SqliteStore
from fairlead.domain.errors import OperationFailed
from fairlead.domain.keeping.answers import GivenAnswer, KeyReused, Missing, Once, Page, Repeated, Stale
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.descriptors import StoredDescriptor
from fairlead.domain.keeping.health_data import LARGEST, MOST_PODS, HealthData
from fairlead.domain.keeping.journals import LOG, LOG_CUT, Entry
from fairlead.domain.keeping.limits import Limits
from fairlead.domain.scopes import EVERYTHING, Scope, one_unit, scope_of
from fairlead.domain.units import UnitKey
from fairlead.ports.store import Store
from tests.fakes.store import MemoryStore

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
WEB, API = UnitKey("prod", "shop", "web"), UnitKey("prod", "shop", "api")
LIMITS = Limits(
    deployments=12,
    deployments_of_a_unit=3,
    deployment_age=timedelta(days=30),
    descriptors=12,
    descriptors_of_a_unit=3,
    journal=1000,
    journals=2000,
    requests=5,
    request_age=timedelta(hours=1),
)
DEPLOYED, FAILED, DEPLOYING = DeploymentStatus.DEPLOYED, DeploymentStatus.FAILED, DeploymentStatus.DEPLOYING


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    store: Store = MemoryStore(LIMITS) if request.param == "memory" else SqliteStore(tmp_path / "store.sqlite", LIMITS)
    yield store
    await store.close()


def descriptor(identifier: str, unit: UnitKey = WEB, *, at: datetime = NOON) -> StoredDescriptor:
    return StoredDescriptor(identifier, unit, {"appName": unit.name, "\ud800": [1, 2.5, None, "é"]}, at, at)


def deployment(
    identifier: str, unit: UnitKey = WEB, status: DeploymentStatus = FAILED, *, at: datetime = NOON
) -> StoredDeployment:
    return StoredDeployment(identifier, unit, "d1", status, {"by": "ci"}, at, at, version="7")


def line(text: str, second: int = 0) -> Entry:
    return Entry(NOON + timedelta(seconds=second), LOG, {"text": text})


def fact(text: str) -> Entry:
    return Entry(NOON, "stateEntered", {"state": text})


def names(page: Page[StoredDeployment] | Page[StoredDescriptor]) -> list[str]:
    return [each.identifier for each in page.items]


async def deployments(store: Store, *, after: int | None = None, limit: int = 100) -> list[str]:
    return names(await store.deployments.page(DeploymentFilter(), after=after, limit=limit))


async def test_a_descriptor_is_kept_as_it_was(store: Store) -> None:
    added = await store.descriptors.add(descriptor("a"))

    assert isinstance(added, StoredDescriptor)
    assert replace(added, number=0) == descriptor("a")
    assert added.number > 0
    assert await store.descriptors.read("a") == added
    assert await store.descriptors.read("b") is None


async def test_what_was_kept_does_not_change_with_what_was_given(store: Store) -> None:
    document = {"containers": [{"image": "web:1"}]}
    await store.descriptors.add(replace(descriptor("a"), document=document))
    document["containers"].clear()

    found = await store.descriptors.read("a")

    assert found is not None
    assert found.document == {"containers": [{"image": "web:1"}]}


async def test_a_descriptor_is_replaced_by_who_read_it_last(store: Store) -> None:
    await store.descriptors.add(descriptor("a"))
    later = NOON + timedelta(hours=1)

    replaced = await store.descriptors.replace(replace(descriptor("a", at=later), document={"appName": "new"}))

    assert isinstance(replaced, StoredDescriptor)
    assert (replaced.revision, replaced.created, replaced.modified) == (2, NOON, later)
    assert await store.descriptors.read("a") == replaced
    assert await store.descriptors.replace(descriptor("a")) == Stale(2)
    assert await store.descriptors.replace(descriptor("b")) == Missing()
    assert await store.descriptors.read("a") == replaced


async def test_a_descriptor_stays_with_its_unit(store: Store) -> None:
    await store.descriptors.add(descriptor("a"))

    await store.descriptors.replace(descriptor("a", API))

    found = await store.descriptors.read("a")
    assert found is not None
    assert found.unit == WEB


async def test_a_descriptor_is_deleted_if_it_is_the_one_that_was_read(store: Store) -> None:
    await store.descriptors.add(descriptor("a"))

    assert await store.descriptors.delete("a", revision=2) == Stale(1)
    gone = await store.descriptors.delete("a", revision=1)

    assert isinstance(gone, StoredDescriptor)
    assert await store.descriptors.read("a") is None
    assert await store.descriptors.delete("a") == Missing()


@pytest.mark.parametrize(("keep_latest", "left"), [(True, ["a"]), (False, [])], ids=["all but the latest", "all"])
async def test_all_descriptors_of_a_unit_go(store: Store, keep_latest: bool, left: list[str]) -> None:
    for name in "abc":
        await store.descriptors.add(descriptor(name))
    await store.descriptors.add(descriptor("other", API))
    await store.descriptors.replace(descriptor("a", at=NOON + timedelta(seconds=1)))

    assert await store.descriptors.delete_all(WEB, keep_latest=keep_latest) == 3 - len(left)

    assert names(await store.descriptors.page(EVERYTHING)) == ["other", *left]
    assert await store.descriptors.delete_all(UnitKey("prod", "shop", "none"), keep_latest=True) == 0


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        (EVERYTHING, "gfedcba"),
        (scope_of(namespaces=["shop"]), "gedcba"),
        (scope_of(clusters=["prod"], apps=["api", "web"]), "fdcba"),
        (one_unit(API), "c"),
        (scope_of(apps=["'; DROP TABLE descriptors"]), ""),
        (Scope(namespaces=frozenset()), ""),
    ],
    ids=["all", "a namespace", "two apps", "a unit", "hostile", "nothing"],
)
async def test_a_list_holds_what_is_in_its_scope(store: Store, scope: Scope, found: str) -> None:
    units = [WEB, WEB, API, WEB, UnitKey("test", "shop", "web"), UnitKey("prod", "bank", "web")]
    for name, unit in zip("abcdefg", [*units, UnitKey("prod", "shop", "shop-web")], strict=True):
        await store.descriptors.add(descriptor(name, unit))
        await store.deployments.add(deployment(name, unit))

    assert names(await store.descriptors.page(scope)) == list(found)
    assert names(await store.deployments.page(DeploymentFilter(scope))) == list(found)


async def test_a_deployment_is_kept_as_it_was(store: Store) -> None:
    added = await store.deployments.add(deployment("a"))

    assert isinstance(added, StoredDeployment)
    assert replace(added, number=0) == deployment("a")
    assert await store.deployments.read("a") == added
    assert await store.deployments.read("b") is None


async def test_one_of_two_changes_of_a_status_wins(store: Store) -> None:
    added = await store.deployments.add(deployment("a", status=DEPLOYING))
    assert isinstance(added, StoredDeployment)
    later = NOON + timedelta(minutes=1)

    changed = await store.deployments.replace(replace(added, status=DEPLOYED, version="8", modified=later))

    assert changed == replace(added, status=DEPLOYED, version="8", modified=later, revision=2)
    assert await store.deployments.replace(replace(added, status=FAILED)) == Stale(2)
    assert await store.deployments.read("a") == changed
    assert await store.deployments.replace(deployment("b")) == Missing()


async def test_what_a_deployment_is_of_does_not_change(store: Store) -> None:
    added = await store.deployments.add(deployment("a"))

    changed = await store.deployments.replace(
        replace(deployment("a", API), descriptor="d2", created=NOON - timedelta(1))
    )

    assert isinstance(added, StoredDeployment)
    assert changed == replace(added, revision=2)


async def test_a_deployment_goes_with_all_that_belongs_to_it(store: Store) -> None:
    await store.deployments.add(deployment("a"))
    await store.journals.append("a", [line("one")])
    await store.health.put("a", [HealthData("web-1", "ok", NOON)])

    assert await store.deployments.delete("a", revision=7) == Stale(1)
    assert isinstance(await store.deployments.delete("a", revision=1), StoredDeployment)

    assert await store.deployments.delete("a") == Missing()
    assert await store.deployments.read("a") is None
    await store.deployments.add(deployment("a"))
    assert await store.journals.read("a") == ()
    assert await store.health.read("a") == ()


async def test_pages_follow_each_other_whatever_happens_between_them(store: Store) -> None:
    for number in range(7):
        await store.deployments.add(deployment(f"{number}", at=NOON - timedelta(hours=number)))
    first = await store.deployments.page(DeploymentFilter(), limit=3)
    assert names(first) == ["6", "5", "4"]

    await store.deployments.add(deployment("new"))
    await store.deployments.delete("3")
    await store.deployments.delete("4")
    second = await store.deployments.page(DeploymentFilter(), after=first.after, limit=3)

    assert names(second) == ["2", "1", "0"]
    assert second.after is None


async def test_the_last_page_says_that_it_is_the_last(store: Store) -> None:
    for number in range(4):
        await store.deployments.add(deployment(f"{number}"))

    first = await store.deployments.page(DeploymentFilter(), limit=2)
    second = await store.deployments.page(DeploymentFilter(), after=first.after, limit=2)

    assert (first.after is None, second.after) == (False, None)


async def test_a_list_of_deployments_by_status(store: Store) -> None:
    for name, status in [("a", FAILED), ("b", DEPLOYED), ("c", DEPLOYING), ("d", FAILED)]:
        await store.deployments.add(deployment(name, status=status))

    wanted = DeploymentFilter(statuses=frozenset({FAILED, DEPLOYING}))

    assert names(await store.deployments.page(wanted)) == ["d", "c", "a"]
    assert names(await store.deployments.page(wanted, limit=1)) == ["d"]


async def test_the_newest_of_each_unit(store: Store) -> None:
    for number, unit in enumerate([WEB, API, WEB, WEB, API, API]):
        await store.deployments.add(deployment(f"{number}", unit, DEPLOYED if number == 0 else FAILED))

    assert names(await store.deployments.page(DeploymentFilter(per_unit=2))) == ["5", "4", "3", "2"]
    assert names(await store.deployments.page(DeploymentFilter(per_unit=2), limit=3)) == ["5", "4", "3"]
    only = DeploymentFilter(one_unit(WEB), frozenset({DEPLOYED}), per_unit=1)
    assert names(await store.deployments.page(only)) == ["0"]


async def test_an_identifier_is_taken_once(store: Store) -> None:
    added = await store.deployments.add(deployment("a"))

    assert await store.deployments.add(deployment("a", API)) == Repeated("a")

    assert await store.deployments.read("a") == added


async def test_a_request_is_done_once(store: Store) -> None:
    once = Once("ci", "key-1", "sha256:1")
    await store.deployments.add(deployment("a"), once)

    assert await store.deployments.add(deployment("b"), once) == Repeated("a")
    assert await store.deployments.add(deployment("c"), Once("ci", "key-1", "sha256:2")) == KeyReused()
    assert await store.descriptors.add(descriptor("c"), Once("ci", "key-1", "sha256:2")) == KeyReused()
    assert isinstance(await store.deployments.add(deployment("d"), Once("bob", "key-1", "sha256:2")), StoredDeployment)
    assert await deployments(store) == ["d", "a"]
    assert names(await store.descriptors.page(EVERYTHING)) == []


async def test_what_keeps_nothing_of_its_own_is_done_once_too(store: Store) -> None:
    once = Once("ci", "key-1", "sha256:1")

    assert await store.requests.claim(once, "a", NOON) is None
    assert await store.requests.claim(once, "b", NOON) == Repeated("a")
    assert await store.requests.claim(replace(once, digest="sha256:2"), "b", NOON) == KeyReused()


async def test_a_journal_is_read_on_from_where_one_was(store: Store) -> None:
    await store.deployments.add(deployment("a"))
    first = await store.journals.append("a", [line("one"), fact("Warming")])
    second = await store.journals.append("a", [line("three"), line("four"), line("five")])

    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    everything = (*first, *second)
    assert [entry.sequence for entry in everything] == [1, 2, 3, 4, 5]
    assert [replace(entry, sequence=0) for entry in everything[:2]] == [line("one"), fact("Warming")]
    for after in range(7):
        assert await store.journals.read("a", after=after) == everything[after:]
    assert await store.journals.read("a", after=1, limit=2) == everything[1:3]
    assert await store.journals.read("a", after=1, limit=3) == everything[1:4]
    assert await store.journals.read("b") == ()


async def test_no_journal_comes_back_after_its_deployment_went(store: Store) -> None:
    assert await store.journals.append("a", [line("late")]) == Missing()

    await store.deployments.add(deployment("a"))
    assert await store.journals.read("a") == ()


async def test_nothing_to_add_adds_nothing(store: Store) -> None:
    await store.deployments.add(deployment("a"))

    assert await store.journals.append("a", []) == ()
    assert await store.journals.read("a") == ()


async def test_a_journal_says_where_its_lines_end_and_still_takes_events(store: Store) -> None:
    await store.deployments.add(deployment("a"))

    for number in range(50):
        await store.journals.append("a", [line(f"line {number}")])
    await store.journals.append("a", [fact("Switching")])

    kinds = [entry.kind for entry in await store.journals.read("a")]
    assert kinds.count(LOG_CUT) == 1
    assert kinds[-2:] == [LOG_CUT, "stateEntered"]
    assert 5 < kinds.count(LOG) < 15


async def test_health_data_is_the_last_of_each_pod(store: Store) -> None:
    await store.deployments.add(deployment("a"))
    await store.health.put("a", [HealthData("web-2", "no", NOON), HealthData("web-1", "ok", NOON)])
    later = HealthData("web-2", "x" * 10_000, NOON + timedelta(seconds=1))

    await store.health.put("a", [later])

    found = await store.health.read("a")
    assert found == (HealthData("web-1", "ok", NOON), later)
    assert len(found[1].value) == LARGEST


async def test_health_data_of_what_is_gone_is_dropped(store: Store) -> None:
    await store.health.put("a", [HealthData("web-1", "ok", NOON)])

    await store.deployments.add(deployment("a"))
    assert await store.health.read("a") == ()


async def test_health_data_is_kept_of_so_many_pods(store: Store) -> None:
    await store.deployments.add(deployment("a"))
    for number in range(MOST_PODS + 5):
        await store.health.put("a", [HealthData(f"{number:04}", "ok", NOON + timedelta(seconds=number))])

    assert [each.pod for each in await store.health.read("a")] == [f"{n:04}" for n in range(5, MOST_PODS + 5)]


async def test_old_deployments_of_a_unit_go_by_count(store: Store) -> None:
    await store.deployments.add(deployment("live", status=DEPLOYED))
    await store.deployments.add(deployment("running", status=DEPLOYING))
    for number in range(5):
        await store.deployments.add(deployment(f"{number}"))
    await store.deployments.add(deployment("other", API))

    await store.tidy(NOON)

    assert await deployments(store) == ["other", "4", "3", "2", "running", "live"]


async def test_old_deployments_go_by_age_but_for_the_latest_of_a_unit(store: Store) -> None:
    for name, days in [("a", 31), ("b", 32), ("c", 33), ("d", 1)]:
        await store.deployments.add(deployment(name, at=NOON - timedelta(days=days)))
    await store.deployments.add(deployment("only", API, at=NOON - timedelta(days=300)))

    await store.tidy(NOON)

    assert await deployments(store) == ["only", "d"]


async def test_a_deployment_is_as_old_as_its_end(store: Store) -> None:
    ran = await store.deployments.add(deployment("ran", status=DEPLOYED, at=NOON - timedelta(days=400)))
    await store.deployments.add(deployment("next", status=DEPLOYED))
    assert isinstance(ran, StoredDeployment)

    await store.deployments.replace(replace(ran, status=DeploymentStatus.REPLACED, modified=NOON))

    await store.tidy(NOON + timedelta(days=29))
    assert await deployments(store) == ["next", "ran"]
    await store.tidy(NOON + timedelta(days=31))
    assert await deployments(store) == ["next"]


async def test_a_full_store_gives_up_the_oldest_that_may_go(store: Store) -> None:
    await store.deployments.add(deployment("live", UnitKey("prod", "shop", "live"), DEPLOYED))
    for number in range(11):
        await store.deployments.add(deployment(f"{number}"))

    await store.deployments.add(deployment("new"))

    found = await deployments(store)
    assert len(found) == LIMITS.deployments
    assert (found[0], found[-2:]) == ("new", ["1", "live"])


async def test_a_store_full_of_what_must_stay_refuses(store: Store) -> None:
    for number in range(LIMITS.deployments):
        await store.deployments.add(deployment(f"{number}", UnitKey("prod", "shop", f"app-{number}")))

    with pytest.raises(OperationFailed) as caught:
        await store.deployments.add(deployment("new"))

    assert caught.value.code == "storeFull"
    assert len(await deployments(store)) == LIMITS.deployments


async def test_too_many_descriptors_are_refused(store: Store) -> None:
    for number in range(LIMITS.descriptors):
        await store.descriptors.add(descriptor(f"{number}"))

    with pytest.raises(OperationFailed) as caught:
        await store.descriptors.add(descriptor("new"))

    assert caught.value.code == "storeFull"


async def test_old_descriptors_of_a_unit_go_but_for_those_changed_last(store: Store) -> None:
    for number in range(5):
        await store.descriptors.add(descriptor(f"{number}"))
    await store.descriptors.add(descriptor("other", API))
    await store.descriptors.replace(descriptor("1", at=NOON + timedelta(days=1)))

    await store.tidy(NOON)

    assert names(await store.descriptors.page(EVERYTHING)) == ["other", "4", "3", "1"]


async def test_journals_of_what_has_ended_go_oldest_first(store: Store) -> None:
    for name, status in [("a", DEPLOYING), ("b", FAILED), ("c", DEPLOYED), ("d", FAILED), ("e", FAILED)]:
        await store.deployments.add(deployment(name, UnitKey("prod", "shop", name), status))
        for _ in range(20):
            await store.journals.append(name, [line("x" * 60)])

    await store.tidy(NOON)

    assert [name for name in "abcde" if await store.journals.read(name)] == ["a", "e"]
    (added,) = await appended(store, "c", fact("Reverting"))
    assert added.sequence > 1


async def test_a_journal_that_went_takes_no_room_any_more(store: Store) -> None:
    for name, status, lines in [("a", DEPLOYING, 1), ("b", FAILED, 5), ("c", FAILED, 5), ("d", FAILED, 5)]:
        await store.deployments.add(deployment(name, UnitKey("prod", "shop", name), status))
        await store.journals.append(name, [line("x" * 60) for _ in range(lines)])
    await store.tidy(NOON)
    assert [name for name in "abcd" if await store.journals.read(name)] == ["a", "c", "d"]

    ended = await store.deployments.read("a")
    assert ended is not None
    await store.deployments.replace(replace(ended, status=FAILED))
    await store.tidy(NOON)

    assert [name for name in "abcd" if await store.journals.read(name)] == ["a", "c", "d"]


async def appended(store: Store, name: str, entry: Entry) -> tuple[Entry, ...]:
    added = await store.journals.append(name, [entry])
    assert isinstance(added, tuple)
    return added


async def test_a_store_is_filled_once(store: Store) -> None:
    assert not await store.is_filled()
    await store.deployments.add(deployment("a"))
    assert not await store.is_filled()

    await store.filled(NOON)
    await store.filled(NOON)

    assert await store.is_filled()


async def test_what_a_request_was_answered_is_told_again(store: Store) -> None:
    once, other = Once("ci", "key-1", "sha256:1"), Once("ci", "key-1", "sha256:2")
    answer = GivenAnswer(202, {"location": "/a"}, b'{\n"id": "\xc3\xa4"}')
    assert await store.requests.answer(once) is None
    await store.deployments.add(deployment("a"), once)
    assert await store.requests.answer(once) is None

    await store.requests.answered(once, answer, NOON)
    await store.requests.answered(once, replace(answer, status=200), NOON)
    await store.requests.answered(other, replace(answer, status=200), NOON)

    assert await store.requests.answer(once) == answer
    assert await store.requests.answer(other) == KeyReused()
    assert await store.deployments.add(deployment("b"), once) == Repeated("a")


async def test_what_was_answered_without_more_is_done_once_too(store: Store) -> None:
    once = Once("ci", "key-1", "sha256:1")
    await store.requests.answered(once, GivenAnswer(204, {}, b""), NOON)
    assert await store.requests.answer(once) == GivenAnswer(204, {}, b"")
    assert isinstance(await store.requests.claim(once, "a", NOON), Repeated)


async def test_a_key_stands_for_what_it_began_while_that_is_under_way(store: Store) -> None:
    once, later = Once("ci", "key-1", "x"), NOON + timedelta(days=30)
    added = await store.deployments.add(deployment("a", status=DeploymentStatus.AWAITING), once)
    assert isinstance(added, StoredDeployment)

    await store.tidy(later)
    assert await store.deployments.add(deployment("b"), once) == Repeated("a")

    await store.deployments.replace(replace(added, status=DeploymentStatus.DEPLOYED))
    await store.tidy(later)
    assert isinstance(await store.deployments.add(deployment("b"), once), StoredDeployment)


async def test_requests_are_remembered_for_a_while(store: Store) -> None:
    for number in range(8):
        await store.requests.claim(Once("ci", f"{number}", "x"), "a", NOON + timedelta(minutes=number))

    await store.tidy(NOON + timedelta(minutes=65))

    known = [number for number in range(8) if await store.requests.claim(Once("ci", f"{number}", "x"), "b", NOON)]
    assert known == [5, 6, 7]


async def test_a_bounded_number_of_requests_is_remembered(store: Store) -> None:
    for number in range(8):
        await store.requests.claim(Once("ci", f"{number}", "x"), "a", NOON + timedelta(minutes=number))

    await store.tidy(NOON + timedelta(minutes=10))

    known = [number for number in range(8) if await store.requests.claim(Once("ci", f"{number}", "x"), "b", NOON)]
    assert known == [3, 4, 5, 6, 7]


async def test_a_number_is_never_given_twice(store: Store) -> None:
    first = await store.deployments.add(deployment("a"))
    await store.deployments.delete("a")
    second = await store.deployments.add(deployment("b"))
    assert isinstance(first, StoredDeployment)
    assert isinstance(second, StoredDeployment)
    assert second.number > first.number
