"""What a deployment leaves in the cluster beside its objects, on a cluster in memory."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.errors import InputError, Problem, RemoteRefused, Transient
from fairlead.domain.identity import ObjectRef
from fairlead.domain.moments import rfc3339
from fairlead.domain.state import ReleaseState
from fairlead.pipeline.deploy import DeployOptions, deploy
from fairlead.pipeline.engine import Engine, Wanted
from fairlead.pipeline.history import history, show
from fairlead.pipeline.plan import plan
from fairlead.pipeline.status import status
from fairlead.ports.cluster import LiveObject
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import config_map, engine, environment, namespace, release, secret, wanted


class Site:
    """One cluster, and what is remembered there of the release `web`."""

    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.engine: Engine
        self.engine, _ = engine(self.cluster)

    async def deploy(self, one: Wanted, **options: Any) -> Deployment:
        (deployed,) = await deploy(await plan([one], self.engine), [one.target], self.engine, DeployOptions(**options))
        return deployed

    async def state(self, one: Wanted) -> ReleaseState:
        return (await self.engine.store(one.key).read(one.key)).state

    @property
    def written(self) -> list[str]:
        """All writes in order but those of Leases: bookkeeping by the name of its Secret."""
        verbs = ("apply", "create", "replace", "delete")
        written = [call for call in self.cluster.calls if call.ref and call.verb in verbs and call.kind != "Lease"]
        return [f"{call.verb} {call.ref.name}" for call in written if call.ref]


@pytest.fixture
def site() -> Site:
    return Site()


async def test_a_deployment_is_noted_before_its_first_write_and_recorded_after_its_last(site: Site) -> None:
    one = wanted(config_map("a"), config_map("b"))
    deployed = await site.deploy(one)
    assert (deployed.outcome, deployed.number) == (Outcome.SUCCEEDED, 1)
    assert site.written == [
        "create fairlead.v1.web",
        "apply a",
        "apply b",
        "create fairlead.v1.web.1",
        "replace fairlead.v1.web",
    ]
    state = await site.state(one)
    (last,) = state.deployments
    now = rfc3339(site.engine.clock.now())
    assert (last.by, last.host, last.tool_version, last.finished_at) == ("ann", "laptop", "1.2.3", now)
    assert last.deployment.to_json() == deployed.to_json()
    assert [entry.ref.name for entry in state.inventory] == ["a", "b"]
    for entry in state.inventory:
        live = await site.cluster.get(entry.ref)
        assert live is not None
        assert live["metadata"]["uid"] == entry.uid
    assert (state.claims, state.inputs_digest) == ((), "sha256:web")


def _normalising(obj: LiveObject) -> None:
    if (obj.get("data") or {}).get("cpu") == "1000m":
        obj["data"]["cpu"] = "1"


async def test_what_the_server_normalises_is_asked_about_once(site: Site) -> None:
    """It is remembered by a deployment and never by a plan, for as long as it is declared."""
    site.cluster.defaulting = _normalising
    one = wanted(config_map("a", cpu="1000m"), config_map("b"))
    await site.deploy(one)
    assert len((await site.state(one)).forms) == 1
    site.cluster.calls.clear()
    assert not (await plan([one], site.engine)).writes
    other = wanted(config_map("a", cpu="1000m"), config_map("b", x="y"))
    await site.deploy(other)
    assert [call.ref.name for call in site.cluster.calls if call.ref and call.dry_run] == ["b"]
    assert len((await site.state(one)).forms) == 1
    await site.deploy(wanted(config_map("a", cpu="2"), config_map("b")))
    assert (await site.state(one)).forms == frozenset()


async def test_an_unchanged_release_leaves_no_trace(site: Site) -> None:
    one = wanted(config_map())
    await site.deploy(one)
    before = await site.state(one)
    site.cluster.calls.clear()
    deployed = await site.deploy(one)
    assert (deployed.outcome, deployed.number) == (Outcome.UNCHANGED, None)
    assert site.cluster.bookkeeping == []
    assert await site.state(one) == before


async def test_a_changed_release_takes_at_most_four_bookkeeping_writes(site: Site) -> None:
    for number in range(14):
        site.cluster.calls.clear()
        deployed = await site.deploy(wanted(config_map(key=str(number)), secret(a=str(number))))
        assert deployed.number == number + 1
        by_kind = Counter(call.kind for call in site.cluster.bookkeeping)
        assert by_kind["Secret"] <= 4
        assert by_kind["Lease"] == 2


async def test_ten_deployments_are_remembered_with_their_records(site: Site) -> None:
    for number in range(1, 13):
        one = wanted(config_map(key=str(number)))
        await site.deploy(one)
    store = site.engine.store(one.key)
    assert [each.number for each in await history(one.target, store, site.cluster)] == list(range(3, 13))
    kept = [number for number in range(1, 13) if await store.record(one.key, number) is not None]
    assert kept == list(range(3, 13))
    shown = await show(one.target, 5, store, site.cluster)
    assert shown.manifests is not None
    assert shown.manifests[0]["data"] == {"key": "5"}
    with pytest.raises(InputError):
        await show(one.target, 2, store, site.cluster)


async def test_an_environment_says_how_many_are_remembered_and_the_last_good_one_always_is(site: Site) -> None:
    env = environment(release(), history_max=3)
    for number in range(1, 6):
        await site.deploy(wanted(config_map(key=str(number)), env=env))
    refusal = RemoteRefused(Problem("objectInvalid", "no such thing"), status=422)
    for number in range(6, 9):
        site.cluster.fail(refusal, verb="apply", name="settings", skip=1)
        failed = await site.deploy(wanted(config_map(key=str(number)), env=env))
        assert failed.outcome is Outcome.FAILED
    state = await site.state(wanted(config_map(), env=env))
    assert [one.number for one in state.deployments] == [5, 7, 8]
    store, key = site.engine.store(wanted(env=env).key), wanted(env=env).key
    assert [number for number in range(1, 9) if await store.record(key, number) is not None] == [5, 7, 8]


async def test_a_failure_is_recorded_object_by_object(site: Site) -> None:
    refusal = RemoteRefused(Problem("objectInvalid", "no such thing"), status=422)
    site.cluster.fail(refusal, verb="apply", name="b")
    one = wanted(config_map("a"), config_map("b"))
    deployed = await site.deploy(one)
    state = await site.state(one)
    assert deployed.outcome is Outcome.FAILED
    outcomes = {each.ref.name: (each.done, each.problem) for each in state.deployments[0].objects}
    assert outcomes == {"a": (True, ""), "b": (False, "no such thing")}
    assert [entry.ref.name for entry in state.inventory] == ["a"]
    assert [claim.name for claim in state.claims] == ["b"]
    assert state.inputs_digest == ""


async def test_what_arrived_without_an_answer_is_found_and_pruned(site: Site) -> None:
    one = wanted(config_map("a"), config_map("lost"))
    site.cluster.fail(Transient(Problem("unreachable", "gone")), verb="apply", name="lost")
    await site.deploy(one)
    marked = config_map("lost", "default")
    marked["metadata"]["annotations"] = {"fairlead.dev/release": "default/web"}
    site.cluster.put(marked, manager="fairlead")
    await site.deploy(wanted(config_map("a")))
    assert await site.cluster.get(ObjectRef("v1", "ConfigMap", "default", "lost")) is None


async def test_what_was_claimed_but_is_another_ones_is_left_alone(site: Site) -> None:
    one = wanted(config_map("a"), config_map("lost"))
    site.cluster.fail(Transient(Problem("unreachable", "gone")), verb="apply", name="lost")
    await site.deploy(one)
    site.cluster.put(config_map("lost", "default"))
    (planned,) = (await plan([wanted(config_map("a"))], site.engine)).releases
    assert (planned.owned, [change.ref.name for change in planned.changes]) == (1, ["a"])
    await site.deploy(wanted(config_map("a")))
    assert await site.cluster.get(ObjectRef("v1", "ConfigMap", "default", "lost")) is not None


async def test_what_is_no_longer_declared_is_deleted_and_leaves_the_inventory(site: Site) -> None:
    await site.deploy(wanted(config_map("a"), config_map("b")))
    one = wanted(config_map("a"))
    deployed = await site.deploy(one)
    assert deployed.summary["delete"] == 1
    assert [entry.ref.name for entry in (await site.state(one)).inventory] == ["a"]


@pytest.mark.parametrize("kind", ["of the environment", "of the release"])
async def test_the_namespace_comes_before_the_state_that_lies_in_it(site: Site, kind: str) -> None:
    env = environment(release(), namespace="shop", create_namespace=kind == "of the environment")
    objects = [config_map("a")] + ([namespace("shop")] if kind == "of the release" else [])
    one = wanted(*objects, env=env)
    deployed = await site.deploy(one)
    assert deployed.outcome is Outcome.SUCCEEDED
    assert site.written[:3] == ["apply shop", "create fairlead.v1.web", "apply a"]
    owned = {entry.ref.kind for entry in (await site.state(one)).inventory}
    assert ("Namespace" in owned) == (kind == "of the release")


async def test_what_cannot_be_noted_is_not_begun(site: Site) -> None:
    forbidden = RemoteRefused(Problem("forbidden", "no Secrets for you"), status=403)
    site.cluster.fail(forbidden, verb="create", kind="Secret")
    deployed = await site.deploy(wanted(config_map("a")))
    assert (deployed.outcome, deployed.number) == (Outcome.FAILED, None)
    assert "no Secrets for you" in deployed.explanation
    assert site.cluster.writes == []


async def test_what_cannot_be_recorded_has_failed(site: Site) -> None:
    site.cluster.fail(Transient(Problem("unreachable", "gone")), verb="create", kind="Secret", skip=1)
    deployed = await site.deploy(wanted(config_map("a")))
    assert (deployed.outcome, deployed.number) == (Outcome.FAILED, 1)
    assert "could not be recorded" in deployed.explanation


async def test_secrets_are_masked_in_what_is_shown(site: Site) -> None:
    one = wanted(secret(a="s3cr3t-value"), config_map("c", text="with t0ken-of-mine"), secrets=("t0ken-of-mine",))
    await site.deploy(one)
    store = site.engine.store(one.key)
    record = await store.record(one.key, 1)
    assert record is not None
    assert "t0ken-of-mine" in str(record.manifests)
    shown = str(await show(one.target, 1, store, site.cluster))
    assert "(secret)" in shown
    assert "s3cr3t" not in shown
    assert "t0ken" not in shown
    assert "s3cr3t" not in str(await history(one.target, store, site.cluster))


async def test_status_tells_the_last_deployment_and_what_it_deployed(site: Site) -> None:
    one = wanted(config_map("a", key="1"))
    (before,) = await status([one], site.engine)
    assert (before.last, before.held, before.revision) == (None, None, None)
    await site.deploy(one)
    (after,) = await status([wanted(config_map("a", key="2"), inputs="sha256:other")], site.engine)
    assert after.last is not None
    assert (after.last.number, after.last.deployment.outcome) == (1, Outcome.SUCCEEDED)
    assert after.revision is not None
    assert after.revision.inputs_digest == "sha256:web"


async def test_without_rights_on_secrets_a_plan_says_that_it_does_not_know(site: Site) -> None:
    one = wanted(config_map("a"))
    forbidden = RemoteRefused(Problem("forbidden", "no"), status=403)
    site.cluster.fail(forbidden, verb="list", kind="Secret")
    (planned,) = (await plan([one], site.engine)).releases
    assert planned.stored is None
    assert planned.notes
