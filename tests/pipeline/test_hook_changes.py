"""What makes hooks run although no object differs, on a cluster in memory."""

from __future__ import annotations

import pytest

from fairlead.domain.deployments import Outcome
from fairlead.domain.errors import InputError
from fairlead.domain.helm_release import HelmStatus
from fairlead.domain.rendering import Hook
from fairlead.pipeline.plan import plan
from fairlead.pipeline.status import status
from tests.fakes.releases import config_map, hook, job
from tests.pipeline.helm.sites import Site as HelmSite
from tests.pipeline.sites import Site


def _hooks(image: str = "migrate:1") -> tuple[Hook, ...]:
    migrate = job("m")
    migrate["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return (hook(migrate, "pre-install", "pre-upgrade"), hook(job("after"), "post-upgrade"), hook(job("t"), "test"))


@pytest.mark.parametrize("chart", [True, False])
async def test_a_release_with_hooks_comes_to_rest_and_a_changed_hook_runs(chart: bool) -> None:
    site = Site(chart)
    await site.deploy(config_map(), hooks=_hooks())
    site.cluster.calls.clear()
    assert (await site.deploy(config_map(), hooks=_hooks())).outcome is Outcome.UNCHANGED
    assert site.cluster.writes + site.cluster.bookkeeping == []
    changed = await site.deploy(config_map(), hooks=_hooks("migrate:2"))
    assert (changed.outcome, changed.number) == (Outcome.SUCCEEDED, 2)
    assert site.done == ["delete m", "apply m", "apply after"]
    assert (await site.deploy(config_map(), hooks=_hooks("migrate:2"))).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("chart", [True, False])
async def test_a_hook_that_is_gone_is_forgotten_by_the_record(chart: bool) -> None:
    site = Site(chart)
    await site.deploy(config_map(), hooks=(*_hooks(), hook(job("bye"), "pre-delete")))
    assert (await site.deploy(config_map(), hooks=_hooks())).outcome is Outcome.SUCCEEDED
    await site.remove()
    assert "apply bye" not in site.done


@pytest.mark.parametrize("chart", [True, False])
async def test_hooks_after_a_deployment_that_failed_run_with_the_next_one(chart: bool) -> None:
    site = Site(chart, phases={"after": "Failed"})
    await site.deploy(config_map(), hooks=_hooks())
    assert (await site.deploy(config_map(a="b"), hooks=_hooks())).outcome is Outcome.FAILED
    site.phases.clear()
    site.cluster.calls.clear()
    assert (await site.deploy(config_map(a="b"), hooks=_hooks())).outcome is Outcome.SUCCEEDED
    assert site.done == ["delete m", "apply m", "delete after", "apply after"]
    assert (await site.deploy(config_map(a="b"), hooks=_hooks())).outcome is Outcome.UNCHANGED


async def test_a_changed_hook_is_no_drift() -> None:
    site = Site()
    await site.deploy(config_map(), hooks=_hooks())
    one = await site.wanted(config_map(), hooks=_hooks("migrate:2"))
    assert (await plan([one], site.engine)).writes
    (state,) = await status([one], site.engine)
    assert state.drift == "none"


async def test_hooks_of_a_revision_that_helm_made_are_compared_as_helm_wrote_them() -> None:
    site = HelmSite()
    site.left_by_helm(1, HelmStatus.DEPLOYED, config_map())
    assert (await site.past()).hooks == {}
    assert (await site.wanted(config_map(), hooks=_hooks())).rendered.use is not None
    planned = await plan([await site.wanted(config_map(), hooks=_hooks())], site.engine)
    assert {change.ref.name for change in planned.releases[0].hook_changes} == {"m", "after", "t"}


async def test_a_hook_of_the_name_of_an_object_is_refused_before_anything_is_written() -> None:
    site = Site()
    await site.deploy(config_map(), hooks=(hook(config_map(), "pre-install"),))
    site.cluster.calls.clear()
    with pytest.raises(InputError) as caught:
        await site.deploy(config_map(a="b"), hooks=(hook(config_map(), "pre-upgrade"),))
    assert [found.code for found in caught.value.problems] == ["hookIsObject"]
    assert site.done == []


async def test_generated_names_are_for_hooks_of_manifests_only() -> None:
    nameless = job()
    nameless["metadata"] = {"generateName": "m-"}
    one = hook(nameless, "pre-install", policies=("hook-failed",))
    site = Site()
    assert (await site.deploy(config_map(), hooks=(one,))).outcome is Outcome.SUCCEEDED
    assert [call.verb for call in site.cluster.writes] == ["create", "apply"]
    assert (await site.deploy(config_map(), hooks=(one,))).outcome is Outcome.UNCHANGED
    with pytest.raises(InputError) as caught:
        await Site(chart=True).deploy(config_map(), hooks=(one,))
    assert [found.code for found in caught.value.problems] == ["generateName"]
