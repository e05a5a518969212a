"""Whatever write a run dies at, the next one makes everything true: for every write that a deployment makes.

Each story goes back and forth, so that what one case leaves is where the next one begins.
"""

from __future__ import annotations

from functools import partial
from itertools import count, cycle
from pathlib import Path

import pytest

from fairlead.domain.identity import ObjectRef
from tests.e2e.running import RunningSandbox
from tests.faults.crashing import Fault, Strike, deleted, deployed, strike
from tests.faults.stage import HOOK, stage

pytestmark = pytest.mark.e2e

faults = pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
kinds = pytest.mark.parametrize("is_chart", [False, True], ids=["manifests", "chart"])


@faults
@kinds
async def test_an_update_ends_well_whatever_write_it_is_struck_at(
    sandbox: RunningSandbox, namespace: str, tmp_path: Path, fault: Fault, *, is_chart: bool
) -> None:
    async with stage(sandbox, tmp_path, namespace, is_chart=is_chart) as here:
        await here.apply("b")
        before = await here.found()
        for number, version in zip(count(1), cycle("ab")):
            course = await strike(here, partial(here.apply, version), Strike.seeded(fault, number, story="update"))
            after = await here.found()
            deployed(here, version, before, course, after)
            if not course.hit:
                break
            before = after
        assert number > 7
        await here.apply(version)
        assert here.proxy.writes == []
        await here.apply("b" if version == "a" else "a")
        assert (await here.found()).leases == 0


@faults
@kinds
async def test_a_release_comes_and_goes_whatever_write_it_is_struck_at(
    sandbox: RunningSandbox, namespace: str, tmp_path: Path, fault: Fault, *, is_chart: bool
) -> None:
    async with stage(sandbox, tmp_path, namespace, is_chart=is_chart) as here:
        for number in count(1):
            before = await here.found()
            came = await strike(here, partial(here.apply, "a"), Strike.seeded(fault, number, story="install"))
            deployed(here, "a", before, came, await here.found())
            went = await strike(here, here.delete, Strike.seeded(fault, number, story="delete"))
            deleted(went, await here.found())
            if not came.hit and not went.hit:
                break
        assert number > 7
        await here.apply("a")
        assert (await here.found()).leases == 0


async def test_an_update_whose_hook_is_a_job_ends_well_whatever_write_it_is_struck_at(
    sandbox: RunningSandbox, namespace: str, tmp_path: Path
) -> None:
    async with stage(sandbox, tmp_path, namespace, is_chart=True, runs_a_job=True) as here:
        assert (await here.apply("b")).code == 0
        before = await here.found()
        for number, version, fault in zip(count(1), cycle("ab"), cycle(Fault)):
            course = await strike(here, partial(here.apply, version), Strike.seeded(fault, number, story="job"))
            after = await here.found()
            deployed(here, version, before, course, after)
            if not course.hit:
                break
            before = after
        assert number > 9
        job = await here.cluster.get(ObjectRef("batch/v1", "Job", namespace, HOOK))
        assert job is not None
        assert job["status"]["succeeded"] == 1
