"""What gates say of a version, and what becomes of it then."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fairlead.domain.apps.descriptor import Descriptor, Gate, HttpGate, JobGate, Soak, WebhookGate
from fairlead.domain.apps.naming import LONGEST_NAME
from fairlead.domain.apps.probing import Answer
from fairlead.ports.cluster import LiveObject
from tests.pipeline.units.units import Yard, ended, states, yard

POD = {"containers": [{"name": "job", "image": "shop:1"}], "restartPolicy": "Never"}
ANSWERS = HttpGate("answers", "ready", timeout_seconds=2.0)
SCHEMA = JobGate("schema", POD, timeout_seconds=2.0)
APPROVAL = WebhookGate("approval", "https://example.com/approve", timeout_seconds=2.0)


@pytest.fixture
async def here() -> AsyncIterator[Yard]:
    async with yard() as found:
        yield found


def verified(here: Yard, *gates: Gate) -> Descriptor:
    return here.descriptor(rules={"verify": gates})


@pytest.mark.parametrize(
    ("status", "state"), [(200, "Live"), (204, "Live"), (302, "Failed"), (404, "Failed"), (500, "Failed")]
)
async def test_a_path_has_to_answer_with_success(here: Yard, status: int, state: str) -> None:
    here.cluster.health = Answer(status)
    assert states(await here.deploy(verified(here, ANSWERS))) == {"1": state}


async def test_a_path_is_asked_again_until_its_time_is_over(here: Yard) -> None:
    answers = iter([Answer(503), Answer(200)])
    here.cluster.says = lambda _pod: next(answers)
    assert states(await here.deploy(verified(here, ANSWERS))) == {"1": "Live"}


async def test_a_job_runs_once_and_its_pods_are_nobodys(here: Yard) -> None:
    here.cluster.ends = lambda _job: {"type": "Complete", "status": "True"}
    assert states(await here.deploy(verified(here, SCHEMA))) == {"1": "Live"}
    job = here.live("Job", "shop-1-verify-schema")
    assert job is not None
    spec = job["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (0, 2)
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert "metadata" not in spec["template"]  # no label by which a Service would find them


async def test_a_job_that_fails_says_why(here: Yard) -> None:
    here.cluster.ends = lambda _job: {"type": "Failed", "status": "True", "message": "no such table"}
    anchor = await here.deploy(verified(here, SCHEMA))
    assert states(anchor) == {"1": "Failed"}
    assert "no such table" in anchor.ended[-1].explanation


async def test_a_job_of_somebody_else_lets_nothing_through(here: Yard) -> None:
    metadata = {"name": "shop-1-verify-schema", "namespace": "default"}
    ended_well = {"conditions": [{"type": "Complete", "status": "True"}]}
    here.cluster.put({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "status": ended_well})
    anchor = await here.deploy(verified(here, SCHEMA))
    assert states(anchor) == {"1": "Failed"}
    assert "shop-1-verify-schema" in anchor.ended[-1].explanation


async def test_a_job_that_never_ends_has_failed(here: Yard) -> None:
    assert states(await here.deploy(verified(here, SCHEMA))) == {"1": "Failed"}


async def test_jobs_with_long_names_are_told_apart(here: Yard) -> None:
    def ends(job: LiveObject) -> dict[str, str]:
        first = job["spec"]["activeDeadlineSeconds"] == 1
        return {"type": "Complete" if first else "Failed", "status": "True"}

    here.cluster.ends = ends
    gates = [JobGate(f"migrations-{number}", POD, timeout_seconds=number) for number in (1, 2)]
    anchor = await here.deploy(here.descriptor(version="v" * 52, rules={"verify": gates}))
    jobs = [one["metadata"]["name"] for one in here.cluster.objects if one["kind"] == "Job"]
    assert list(states(anchor).values()) == ["Failed"]
    assert len(jobs) == 2
    assert all(len(name) <= LONGEST_NAME for name in jobs)


@pytest.mark.parametrize(("status", "state"), [(None, "Ready"), (500, "Ready"), (403, "Failed")])
async def test_the_worst_of_several_counts(here: Yard, status: int | None, state: str) -> None:
    here.judges.status = status
    assert states(await here.deploy(verified(here, ANSWERS, APPROVAL))) == {"1": state}


async def test_what_failed_is_worse_than_what_nobody_knows(here: Yard) -> None:
    here.judges.status, here.cluster.health = None, Answer(500)
    assert states(await here.deploy(verified(here, APPROVAL, ANSWERS))) == {"1": "Failed"}


@pytest.mark.parametrize("status", [403, None], ids=["no", "unknown"])
async def test_gates_of_a_soak_send_the_traffic_back(here: Yard, status: int | None) -> None:
    await here.deploy(here.descriptor())
    here.judges.status = status
    anchor = await here.deploy(here.descriptor(env="green", rules={"soak": Soak(1.0, (APPROVAL,))}))
    assert (ended(anchor)["i2"], here.selector["version"]) == ("failed", "1")
    assert states(anchor) == {"1": "Live", "2": "Failed"}
