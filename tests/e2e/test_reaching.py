"""Real contexts lead to real clusters; kubectl and we read and keep each other's kubeconfig."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.adapters.providers.cluster_access import KubeconfigAccess
from fairlead.adapters.providers.sources import Sources
from fairlead.adapters.providers.store import KubeconfigStore
from fairlead.domain.config import Cluster, Environment, Place
from fairlead.domain.errors import Refused
from fairlead.domain.kubeconfig import Kubeconfig
from fairlead.domain.providers import ExistingContext, KubeconfigFile, Provider
from fairlead.doors.process import Program, run
from fairlead.settings import Settings
from tests.e2e.running import RunningSandbox

pytestmark = pytest.mark.e2e
PLACE = Place("environments.yaml", 1, 1)
TEST = Environment("test", "eu", "default", PLACE)


class Operator:
    """Somebody with a kubeconfig of their own, a copy of the sandbox's, and a checkout."""

    def __init__(self, home: Path, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.home = home
        self.config = home / ".kube" / "config"
        self.config.parent.mkdir()
        shutil.copy(sandbox.kubeconfig, self.config)
        (home / "repo").mkdir()

    @property
    def access(self) -> KubeconfigAccess:
        settings = Settings.from_environment({"HOME": str(self.home), "PATH": ""})
        return KubeconfigAccess(Sources(settings, root=self.home / "repo"), KubeconfigStore(SystemClock()))

    async def kubectl(self, *arguments: str) -> str:
        env = {"HOME": str(self.home), "PATH": ""}
        return (await run(Program((str(self.sandbox.kubectl), *arguments), env=env))).stdout.decode()

    async def uid_by_kubectl(self, context: str) -> str:
        wanted = ("get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}")
        return await self.kubectl("--context", context, *wanted)

    async def uid_by_us(self, provider: Provider) -> str:
        found = await self.access.access(Cluster("eu", provider, {}, PLACE), TEST)
        cluster = KubernetesCluster(found, clock=SystemClock(), environ={})
        try:
            return await cluster.uid()
        finally:
            await cluster.close()

    async def init(self, provider: Provider) -> None:
        await self.access.initialize(Cluster("eu", provider, {}, PLACE), (TEST,), contexts_only=False, gitlab=False)

    async def read(self) -> Kubeconfig:
        return await KubeconfigStore(SystemClock()).read([self.config])


@pytest.fixture
def operator(tmp_path: Path, sandbox: RunningSandbox) -> Operator:
    return Operator(tmp_path, sandbox)


def provider_of(kind: str, context: str, operator: Operator) -> Provider:
    if kind == "existingContext":
        return ExistingContext(context)
    return KubeconfigFile(str(operator.sandbox.kubeconfig), context)


@pytest.mark.parametrize("kind", ["existingContext", "kubeconfig"])
async def test_each_context_leads_to_its_own_cluster(operator: Operator, kind: str) -> None:
    uids = [await operator.uid_by_us(provider_of(kind, context, operator)) for context in operator.sandbox.contexts]
    assert uids == [await operator.uid_by_kubectl(context) for context in operator.sandbox.contexts]
    assert len(set(uids)) == len(uids)


async def test_a_kubeconfig_inside_the_repository_is_enough(operator: Operator) -> None:
    shutil.copy(operator.sandbox.kubeconfig, operator.home / "repo" / "sandbox.kubeconfig")
    first = operator.sandbox.contexts[0]
    assert await operator.uid_by_us(KubeconfigFile("sandbox.kubeconfig")) == await operator.uid_by_kubectl(first)


async def test_kubectl_uses_the_contexts_that_init_sets(operator: Operator) -> None:
    second = operator.sandbox.contexts[1]
    await operator.init(ExistingContext(second))
    assert await operator.uid_by_kubectl("env:test") == await operator.uid_by_kubectl(second)
    await operator.access.use(Cluster("eu", ExistingContext(second), {}, PLACE), TEST)
    assert (await operator.kubectl("config", "current-context")).strip() == "env:test"


async def test_what_kubectl_writes_keeps_our_pins(operator: Operator) -> None:
    first = operator.sandbox.contexts[0]
    await operator.init(ExistingContext(first))
    before = dict((await operator.read()).contexts["env:test"].fields)
    await operator.kubectl("config", "set-context", "another", "--cluster", first)
    assert (await operator.read()).contexts["env:test"].fields == before


@pytest.mark.parametrize("kind", ["context", "cluster"])
async def test_a_context_that_kubectl_repoints_is_refused(operator: Operator, kind: str) -> None:
    first, second = operator.sandbox.contexts[:2]
    await operator.init(ExistingContext(first))
    if kind == "context":
        await operator.kubectl("config", "set-context", first, "--cluster", second)
    else:
        server = (await operator.read()).clusters[second].text("server")
        await operator.kubectl("config", "set-cluster", first, "--server", server)
    with pytest.raises(Refused) as caught:
        await operator.uid_by_us(ExistingContext(first))
    assert caught.value.code == "contextMismatch"


async def test_we_merge_files_as_kubectl_does(operator: Operator) -> None:
    other = operator.home / "other"
    for file, server, token in [(operator.config, "https://a.test", "one"), (other, "https://b.test", "two")]:
        at = ("config", "--kubeconfig", str(file))
        await operator.kubectl(*at, "set-cluster", "shared", "--server", server)
        await operator.kubectl(*at, "set-credentials", f"user-{token}", "--token", token)
        await operator.kubectl(*at, "set-context", "shared", "--cluster", "shared", "--user", f"user-{token}")
    env = {"HOME": str(operator.home), "PATH": "", "KUBECONFIG": f"{other}:{operator.home}/gone:{operator.config}"}
    view = ("config", "view", "--raw", "--output=json")
    theirs = json.loads((await run(Program((str(operator.sandbox.kubectl), *view), env=env))).stdout)
    ours = await KubeconfigStore(SystemClock()).read([other, operator.home / "gone", operator.config])
    for plural, singular, mine in [
        ("clusters", "cluster", ours.clusters),
        ("users", "user", ours.users),
        ("contexts", "context", ours.contexts),
    ]:
        expected = {item["name"]: item[singular] for item in theirs[plural]}
        assert {name: dict(entry.fields) for name, entry in mine.items()} == expected
    assert ours.current_context == theirs["current-context"]
