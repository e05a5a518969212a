"""The calls of clients of the Amdatu Deployer, with the codes that they should have had."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.domain.errors import Problem, Refused
from fairlead.domain.keeping.deployments import DeploymentStatus, StoredDeployment
from fairlead.domain.keeping.descriptors import StoredDescriptor
from fairlead.domain.keeping.health_data import HealthData
from fairlead.domain.keeping.journals import LOG, Entry
from fairlead.domain.rollout.intents import Undeploy
from fairlead.domain.rollout.phases import UnitOutcome
from fairlead.domain.units import UnitKey
from tests.fakes.server import DESCRIPTOR, FakeServer

NAMESPACE = "?namespace=shop"


async def kept(server: FakeServer, **changes: object) -> str:
    answer = await server.ask("POST", f"/descriptors/{NAMESPACE}", {**DESCRIPTOR, **changes})
    assert (answer.status, answer.body) == (201, b"")
    return answer.headers["location"].split("/")[2]


async def deployed(server: FakeServer, **changes: object) -> str:
    answer = await server.ask("POST", f"/deployments/{NAMESPACE}&descriptorId={await kept(server, **changes)}")
    assert (answer.status, answer.body) == (202, b"")
    return answer.headers["location"].split("/")[2]


async def end(server: FakeServer, identifier: str, outcome: UnitOutcome = UnitOutcome.DEPLOYED) -> None:
    await server.ears.recorder.end(identifier, outcome, "", server.clock.now())


async def test_the_calls_of_its_own_tests() -> None:
    # Case 36: POST descriptor, POST deployment, poll its Location until it does not say DEPLOYING.
    server = FakeServer()
    made = await server.ask("POST", f"/descriptors/{NAMESPACE}", DESCRIPTOR)
    identifier = made.headers["location"].removeprefix("/descriptors/").removesuffix("/?namespace=shop")
    begun = await server.ask("POST", f"/deployments/{NAMESPACE}&descriptorId={identifier}")
    assert begun.headers["location"].endswith("/?namespace=shop")
    assert (await server.ask("GET", begun.headers["location"])).json["status"] == "DEPLOYING"
    await end(server, begun.headers["location"].split("/")[2])
    found = (await server.ask("GET", begun.headers["location"])).json
    assert (found["status"], found["version"], found["descriptor"]["appName"]) == ("DEPLOYED", "1", "web")


async def test_an_empty_list_is_a_list() -> None:
    server = FakeServer()
    for path in ("/descriptors/", "/deployments/"):
        answer = await server.ask("GET", f"{path}{NAMESPACE}")
        assert (answer.status, answer.json) == (200, [])
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/descriptors/", 400),
        ("GET", "/deployments/", 400),
        ("GET", "/deployments/?namespace=shop&limit=0", 422),
        ("GET", "/deployments/?namespace=shop&limit=-1", 422),
        ("GET", "/deployments/?namespace=shop&limit=x", 422),
        ("POST", "/deployments/?namespace=shop", 400),
        ("POST", "/deployments/?namespace=shop&descriptorId=none", 404),
        ("GET", "/descriptors/none/?namespace=shop", 404),
        ("PUT", "/descriptors/none/?namespace=shop", 404),
        ("DELETE", "/descriptors/none/?namespace=shop", 404),
        ("DELETE", "/descriptors/?namespace=shop", 400),
        ("DELETE", "/descriptors/?namespace=shop&appname=none", 404),
        ("DELETE", "/deployments/?namespace=shop", 400),
        ("DELETE", "/deployments/?namespace=shop&appname=none", 404),
        ("GET", "/deployments/none/?namespace=shop", 404),
        ("PUT", "/deployments/none/?namespace=shop", 404),
        ("GET", "/deployments/none/logs?namespace=shop", 404),
        ("GET", "/deployments/none/healthcheckdata?namespace=shop", 404),
        ("PATCH", "/deployments/?namespace=shop", 405),
    ],
)
async def test_codes(method: str, target: str, status: int) -> None:
    body = DESCRIPTOR if method == "PUT" else None
    answer = await FakeServer().ask(method, target, body)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_namespace_of_the_query_is_that_of_the_descriptor() -> None:
    server = FakeServer()
    answer = await server.ask("POST", "/descriptors/?namespace=other", DESCRIPTOR)
    assert (answer.status, answer.code) == (422, "namespaceMismatch")
    identifier = await kept(server)
    assert (await server.ask("GET", f"/descriptors/{identifier}/?namespace=other")).status == 404


async def test_what_is_of_another_namespace_is_not_there() -> None:
    server = FakeServer()
    descriptor, deployment, elsewhere = await kept(server), await deployed(server), "?namespace=bank"
    for method, target in (
        ("POST", f"/deployments/{elsewhere}&descriptorId={descriptor}"),
        ("GET", f"/descriptors/{descriptor}/{elsewhere}"),
        ("PUT", f"/deployments/{deployment}/{elsewhere}"),
        ("DELETE", f"/deployments/{deployment}/{elsewhere}"),
    ):
        assert (await server.ask(method, target)).status == 404
    assert len(server.rollouts.wanted) == 1


async def test_an_invalid_descriptor_is_said_to_be() -> None:
    server = FakeServer()
    assert (await server.ask("POST", "/descriptors/validate", DESCRIPTOR)).status == 204
    refused = await server.ask("POST", "/descriptors/validate", {})  # case 5
    assert refused.status == 422
    assert [each["code"] for each in refused.json["errors"]] == ["missingKey"] * 3


async def test_replacing_keeps_the_creation_and_is_checked() -> None:
    server = FakeServer()
    identifier = await kept(server)
    path = f"/descriptors/{identifier}/{NAMESPACE}"
    before = (await server.ask("GET", path)).json
    server.clock.advance(60)
    assert (await server.ask("PUT", path, {**DESCRIPTOR, "replicas": 4})).status == 204
    after = (await server.ask("GET", path)).json
    assert (after["created"], after["replicas"]) == (before["created"], 4)
    assert after["lastModified"] > before["lastModified"]
    assert (await server.ask("PUT", path, {})).status == 422


async def test_deleting_the_descriptors_of_an_app_keeps_the_latest() -> None:
    server = FakeServer()
    for _ in range(3):
        last = await kept(server)
        server.clock.advance(1)
    await kept(server, appName="other")
    assert (await server.ask("DELETE", f"/descriptors/{NAMESPACE}&appname=web")).status == 204
    left = (await server.ask("GET", f"/descriptors/{NAMESPACE}&appname=web")).json
    assert [each["id"] for each in left] == [last]
    assert (await server.ask("DELETE", f"/descriptors/{NAMESPACE}&appname=web&keepLatest=false")).status == 204
    assert (await server.ask("GET", f"/descriptors/{NAMESPACE}&appname=web")).json == []


async def test_a_list_has_no_pages() -> None:
    server = FakeServer()
    now, unit = server.clock.now(), UnitKey("one", "shop", "web")
    for number in range(501):
        await server.store.descriptors.add(StoredDescriptor(f"{number}", unit, DESCRIPTOR, now, now))
        made = StoredDeployment(f"{number}", unit, "", DeploymentStatus.FAILED, {}, now, now)
        await server.store.deployments.add(made)
    for path in ("/descriptors/", "/deployments/"):
        found = (await server.ask("GET", f"{path}{NAMESPACE}")).json
        assert [each["id"] for each in found] == [f"{number}" for number in reversed(range(501))]


async def test_the_newest_of_each_app() -> None:
    server = FakeServer()
    for name in ("web", "web", "other"):
        last = await deployed(server, appName=name)
    newest = (await server.ask("GET", f"/deployments/{NAMESPACE}&limit=1")).json
    assert len(newest) == 2
    assert newest[0]["id"] == last


async def test_putting_a_deployment_deploys_it_again() -> None:
    server = FakeServer()
    identifier = await deployed(server)
    again = await server.ask("PUT", f"/deployments/{identifier}/{NAMESPACE}")
    assert again.status == 202
    assert again.headers["location"].split("/")[2] != identifier
    assert len(server.rollouts.wanted) == 2


async def test_deleting_what_is_deployed_undeploys_it_and_then_its_record() -> None:
    server = FakeServer()
    identifier = await deployed(server)
    path = f"/deployments/{identifier}/{NAMESPACE}"
    assert (await server.ask("DELETE", path)).status == 409  # neither deployed nor a record to delete
    await end(server, identifier)
    answer = await server.ask("DELETE", f"{path}&deleteDeployment=true")
    assert (answer.status, answer.headers["location"]) == (202, path)
    ((_, intent),) = server.rollouts.submitted
    assert isinstance(intent, Undeploy)
    assert intent.deployment == identifier
    await end(server, identifier, UnitOutcome.UNDEPLOYED)
    assert (await server.ask("GET", path)).status == 404


async def test_a_record_that_changed_meanwhile_is_not_promised_to_go() -> None:
    server = FakeServer()
    identifier = await deployed(server)
    await end(server, identifier)
    server.store.memory.meanwhile = lambda record: replace(record, status=DeploymentStatus.REPLACED)
    late = await server.ask("DELETE", f"/deployments/{identifier}/{NAMESPACE}&deleteDeployment=true")
    assert (late.status, late.code) == (412, "stale")
    assert server.rollouts.submitted == []


async def test_deleting_the_deployments_of_an_app_leaves_what_runs() -> None:
    server = FakeServer()
    old, live = await deployed(server), await deployed(server)
    await end(server, old, UnitOutcome.FAILED)
    await end(server, live)
    assert (await server.ask("DELETE", f"/deployments/{NAMESPACE}&appname=web")).status == 204
    assert [each["id"] for each in (await server.ask("GET", f"/deployments/{NAMESPACE}")).json] == [live]
    answer = await server.ask("DELETE", f"/deployments/{NAMESPACE}&appname=web&undeploy=true")
    assert (answer.status, answer.headers["location"]) == (202, f"/deployments/{live}/{NAMESPACE}")


async def test_a_record_that_nothing_depends_on_can_be_deleted() -> None:
    server = FakeServer()
    identifier = await deployed(server)
    await end(server, identifier, UnitOutcome.FAILED)
    path = f"/deployments/{identifier}/{NAMESPACE}"
    assert (await server.ask("DELETE", path)).status == 409
    assert (await server.ask("DELETE", f"{path}&deleteDeployment=true")).status == 204
    assert (await server.ask("GET", path)).status == 404


async def test_logs_are_text_and_nothing_when_there_are_none() -> None:
    server = FakeServer()
    identifier = await deployed(server)
    assert (await server.ask("GET", f"/deployments/{identifier}/logs{NAMESPACE}")).status == 204
    assert (await server.ask("GET", f"/deployments/{identifier}/healthcheckdata{NAMESPACE}")).json == []


WORDS = {
    DeploymentStatus.QUEUED: "DEPLOYING",
    DeploymentStatus.DEPLOYING: "DEPLOYING",
    DeploymentStatus.AWAITING: "DEPLOYING",
    DeploymentStatus.BLOCKED: "DEPLOYING",
    DeploymentStatus.DEPLOYED: "DEPLOYED",
    DeploymentStatus.UNDEPLOYING: "UNDEPLOYING",
    DeploymentStatus.UNDEPLOYED: "UNDEPLOYED",
    DeploymentStatus.REPLACED: "UNDEPLOYED",
    DeploymentStatus.SUPERSEDED: "FAILURE",
    DeploymentStatus.ABORTED: "FAILURE",
    DeploymentStatus.FAILED: "FAILURE",
}


async def record(server: FakeServer, status: DeploymentStatus) -> str:
    now = server.clock.now()
    made = StoredDeployment(status.value, UnitKey("one", "shop", "web"), "", status, {"descriptor": {}}, now, now)
    await server.store.deployments.add(made)
    return f"/deployments/{made.identifier}/{NAMESPACE}"


@pytest.mark.parametrize("status", DeploymentStatus)
async def test_how_a_deployment_stands_is_said_in_its_words(status: DeploymentStatus) -> None:
    server = FakeServer()
    path = await record(server, status)
    assert (await server.ask("GET", path)).json["status"] == WORDS[status]
    others = f"/deployments/{NAMESPACE}&appname=web"
    assert (await server.ask("DELETE", others)).status == 204
    is_needed = WORDS[status] in ("DEPLOYING", "DEPLOYED", "UNDEPLOYING")
    assert (await server.ask("GET", path)).status == (200 if is_needed else 404)


async def test_what_cannot_be_undeployed_keeps_its_record_afterwards() -> None:
    server = FakeServer()
    identifier = await deployed(server)
    await end(server, identifier)
    server.rollouts.gone = Refused(Problem("unitBlocked", "somebody has to decide"))
    refused = await server.ask("DELETE", f"/deployments/{identifier}/{NAMESPACE}&deleteDeployment=true")
    assert (refused.status, refused.code) == (409, "unitBlocked")
    await end(server, identifier, UnitOutcome.UNDEPLOYED)
    assert (await server.ask("GET", f"/deployments/{identifier}/{NAMESPACE}")).json["status"] == "UNDEPLOYED"


async def test_logs_and_health_data_look_as_they_did() -> None:
    server = FakeServer()
    identifier = await deployed(server)
    await server.store.journals.append(identifier, [Entry(server.clock.now(), LOG, {"text": "ready"})])
    await server.store.health.put(identifier, [HealthData("web-1-a", "{}", server.clock.now())])
    logs = await server.ask("GET", f"/deployments/{identifier}/logs{NAMESPACE}")
    assert logs.headers["content-type"].startswith("text/plain")
    assert logs.body == b"2026-11-21T12:00:00Z ready\n"
    data = await server.ask("GET", f"/deployments/{identifier}/healthcheckdata{NAMESPACE}")
    assert data.json == [{"podName": "web-1-a", "value": "{}"}]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/descriptors", 200),
        ("/deployments", 200),
        ("/descriptors/{0}", 200),
        ("/deployments/{1}", 200),
        ("/deployments/{1}/logs/", 204),
        ("/deployments/{1}/healthcheckdata/", 200),
        ("/deployments//", 404),
        ("/deployments/{1}/logs/more", 404),
    ],
)
async def test_a_slash_at_the_end_is_nobodys_concern(path: str, status: int) -> None:
    server = FakeServer()
    names = (await kept(server), await deployed(server))
    assert (await server.ask("GET", f"{path.format(*names)}{NAMESPACE}")).status == status


async def test_validating_with_a_slash_is_validating() -> None:
    assert (await FakeServer().ask("POST", "/descriptors/validate/", DESCRIPTOR)).status == 204
