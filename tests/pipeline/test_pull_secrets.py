"""Logins from pull secrets: only of environments that are looked at, only when asked, each cluster once."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

import pytest

from fairlead.domain.config import Declaration, Environment
from fairlead.domain.docker_config import Account
from fairlead.domain.errors import FairleadError, Problem, RemoteRefused
from fairlead.domain.images import parse_image
from fairlead.domain.targets import Target
from fairlead.pipeline.pull_secrets import PullSecretLogins
from tests.fakes.cluster import FakeCluster
from tests.fakes.declared import declare

HEAD = "clusters: [{name: a, provider: {minikube: {}}}, {name: b, provider: {existingContext: {contextName: b}}}]\n"
RELEASE = "releases: [{name: web, chart: {dir: c}}]"
BOTH = HEAD + (
    "environments:\n"
    f"- {{name: test, clusterName: a, kubeNamespace: default, {RELEASE}, pullSecrets: {{names: [one, two]}}}}\n"
    f"- {{name: prod, clusterName: b, kubeNamespace: default, {RELEASE}, pullSecrets: {{serviceAccounts: [web]}}}}\n"
    f"- {{name: plain, clusterName: b, kubeNamespace: default, {RELEASE}}}\n"
)


@dataclass
class Doors:
    """Clusters by the environment that leads there, and which were opened."""

    clusters: dict[str, FakeCluster] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)

    async def open(self, environment: Environment) -> FakeCluster:
        self.opened.append(environment.name)
        return self.clusters.setdefault(environment.name, FakeCluster())

    def put(self, environment: str, name: str, **logins: str) -> None:
        auths = {registry.replace("_", "."): {"username": "me", "password": word} for registry, word in logins.items()}
        data = {".dockerconfigjson": base64.b64encode(json.dumps({"auths": auths}).encode()).decode()}
        metadata = {"name": name, "namespace": "default"}
        cluster = self.clusters.setdefault(environment, FakeCluster())
        cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})


@pytest.fixture
def doors() -> Doors:
    return Doors()


def logins(doors: Doors, *names: str) -> PullSecretLogins:
    declaration: Declaration = declare(BOTH).declaration
    found = PullSecretLogins(declaration, doors)
    found.look_at([Target(one, one.releases[0]) for one in declaration.environments if one.name in names])
    return found


async def ask(found: PullSecretLogins, image: str = "reg.test/web") -> str | None:
    account = await found.account(parse_image(image).name)
    assert account is None or account == Account("me", account.password)
    return None if account is None else account.password


async def test_the_first_secret_that_has_the_login_counts(doors: Doors) -> None:
    doors.put("test", "one", reg_test="first")
    doors.put("test", "two", reg_test="second", other_test="other")
    found = logins(doors, "test")
    assert [await ask(found), await ask(found, "other.test/x"), await ask(found, "nginx")] == ["first", "other", None]
    assert doors.opened == ["test"]


async def test_only_environments_that_are_looked_at_are_asked(doors: Doors) -> None:
    doors.put("test", "one", reg_test="word")
    assert await ask(logins(doors)) is None
    assert await ask(logins(doors, "plain")) is None
    assert doors.opened == []


async def test_secrets_of_a_service_account_count_and_may_be_missing(doors: Doors) -> None:
    doors.put("prod", "pull", reg_test="word")
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "default"}}
    doors.clusters["prod"].put({**account, "imagePullSecrets": [{"name": "gone"}, {"name": "pull"}]})
    assert await ask(logins(doors, "prod")) == "word"


async def test_an_environment_that_cannot_be_read_is_no_matter_where_another_has_the_login(doors: Doors) -> None:
    doors.put("test", "one", reg_test="word")
    doors.put("test", "two")
    found = logins(doors, "prod", "test")  # prod has no such service account
    assert await ask(found) == "word"
    with pytest.raises(FairleadError) as caught:
        await ask(found, "other.test/x")
    assert caught.value.code == "secretNotFound"


@pytest.mark.parametrize("missing", ["one", "two"])
async def test_a_secret_that_is_named_has_to_be_there(doors: Doors, missing: str) -> None:
    doors.put("test", "two" if missing == "one" else "one", other_test="x")
    with pytest.raises(FairleadError) as caught:
        await ask(logins(doors, "test"))
    assert caught.value.code == "secretNotFound"


async def test_what_the_cluster_refuses_is_told(doors: Doors) -> None:
    doors.clusters["test"] = FakeCluster()
    refusal = RemoteRefused(Problem("forbidden", "no"), status=403)
    doors.clusters["test"].fail(refusal, verb="get", kind="Secret", times=2)
    with pytest.raises(FairleadError) as caught:
        await ask(logins(doors, "test"))
    assert caught.value.code == "forbidden"


async def test_what_another_checkout_calls_by_a_new_name_is_asked_nothing(doors: Doors) -> None:
    found = logins(doors)
    other = declare(BOTH.replace("name: test", "name: stranger")).declaration.environments[0]
    found.look_at([Target(other, other.releases[0])])
    assert await ask(found) is None
    assert doors.opened == []
