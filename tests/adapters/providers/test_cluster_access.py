"""The whole way: credential programs, contexts, pins, access."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.providers.cluster_access import KubeconfigAccess
from fairlead.adapters.providers.sources import Override, Sources
from fairlead.adapters.providers.store import KubeconfigStore
from fairlead.domain.access import BearerToken
from fairlead.domain.config import Cluster, Environment, Place
from fairlead.domain.errors import FairleadError, InputError, OperationFailed, Refused
from fairlead.domain.kubeconfig import Kubeconfig
from fairlead.domain.providers import Aks, DockerForDesktop, ExistingContext, Gke, KubeconfigFile, Minikube, Provider
from fairlead.ports.provider import InitializedContext
from fairlead.settings import Settings
from tests.fakes import kubeconfigs
from tests.fakes.clock import FakeClock
from tests.fakes.programs import RecordingPrograms

GKE = Gke("acme", "main", region="europe-west1")
GKE_ENTRY = "gke_acme_europe-west1_main"
PLACE = Place("environments.yaml", 3, 5, "clusters[0]")


@dataclass
class Machine:
    """One operator's machine with one checkout."""

    above: Path
    repository: str = "repo"
    programs: RecordingPrograms = field(init=False)

    def __post_init__(self) -> None:
        self.programs = RecordingPrograms(self.above / "bin")
        self.root.mkdir(exist_ok=True)

    @property
    def root(self) -> Path:
        return self.above / self.repository

    @property
    def config(self) -> Path:
        return self.above / "kube" / "config"

    def access(self, override: Override | None = None) -> KubeconfigAccess:
        environ = {"HOME": str(self.above), "PATH": str(self.above / "bin"), "KUBECONFIG": str(self.config)}
        sources = Sources(Settings.from_environment(environ), root=self.root, override=override)
        # A real clock: the file's lock is taken by threads, which a clock that jumps would not wait for.
        return KubeconfigAccess(sources, KubeconfigStore(SystemClock()))

    async def init(
        self, provider: Provider, *names: str, contexts_only: bool = False, gitlab: bool = False, cluster: str = "eu"
    ) -> tuple[InitializedContext, ...]:
        wanted = tuple(environment(name) for name in names or ("test",))
        declared = Cluster(cluster, provider, {}, PLACE)
        return await self.access().initialize(declared, wanted, contexts_only=contexts_only, gitlab=gitlab)

    async def read(self) -> Kubeconfig:
        return await KubeconfigStore(FakeClock()).read([self.config])


def environment(name: str = "test", namespace: str = "shop") -> Environment:
    return Environment(name, "eu", namespace, Place("environments.yaml", 9, 5))


def eu(provider: Provider) -> Cluster:
    return Cluster("eu", provider, {}, PLACE)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


async def code_of(call: Any) -> str:
    with pytest.raises(FairleadError) as caught:
        await call
    return caught.value.code


@pytest.mark.parametrize(
    ("provider", "program", "argv", "cluster", "user"),
    [
        (
            GKE,
            "gcloud",
            "gcloud container clusters get-credentials --project acme --region europe-west1 main",
            GKE_ENTRY,
            GKE_ENTRY,
        ),
        (
            Aks("shop", "main"),
            "az",
            "az aks get-credentials --resource-group shop --name main --overwrite-existing",
            "main",
            "clusterUser_shop_main",
        ),
    ],
)
async def test_init_gets_credentials_once_and_sets_a_context_for_each_environment(
    machine: Machine, provider: Provider, program: str, argv: str, cluster: str, user: str
) -> None:
    machine.programs.install(program, adds=kubeconfigs.entries(cluster, user=user))
    assert await code_of(machine.access().access(eu(provider), environment())) == "contextMissing"

    made = await machine.init(provider, "test", "prod")

    assert machine.programs.calls == [tuple(argv.split())]
    assert [(one.name, one.cluster, one.server, one.changed) for one in made] == [
        ("env:test", "eu", f"https://{cluster}.test", True),
        ("env:prod", "eu", f"https://{cluster}.test", True),
    ]
    context = (await machine.read()).contexts["env:prod"]
    assert (context.text("cluster"), context.text("user"), context.text("namespace")) == (cluster, user, "shop")
    found = await machine.access().access(eu(provider), environment())
    assert (found.server, found.namespace, found.fingerprint) == (made[0].server, "shop", made[0].fingerprint)
    assert found.credential == BearerToken(f"token-of-{cluster}")


async def test_a_second_init_changes_nothing(machine: Machine) -> None:
    machine.programs.install("gcloud", adds=kubeconfigs.entries(GKE_ENTRY))
    await machine.init(GKE)
    kubeconfig = machine.config.read_bytes()
    made = await machine.init(GKE, contexts_only=True)
    assert [one.changed for one in made] == [False]
    assert machine.config.read_bytes() == kubeconfig


async def test_init_keeps_what_others_wrote(machine: Machine) -> None:
    kubeconfigs.write(machine.config, kubeconfigs.entries("mine"), kubeconfigs.contexts(mine="mine"), current="mine")
    machine.programs.install("gcloud", adds=kubeconfigs.entries(GKE_ENTRY))
    await machine.init(GKE)
    merged = await machine.read()
    assert set(merged.contexts) == {"mine", "env:test"}
    assert set(merged.clusters) == {"mine", GKE_ENTRY}
    assert merged.current_context == "mine"


@pytest.mark.parametrize(("before", "after"), [("mine", "mine"), ("", GKE_ENTRY)])
async def test_the_operator_is_not_moved_to_another_cluster(machine: Machine, before: str, after: str) -> None:
    kubeconfigs.write(machine.config, kubeconfigs.entries("mine"), kubeconfigs.contexts(mine="mine"), current=before)
    moving: dict[str, Any] = {**kubeconfigs.entries(GKE_ENTRY), "current-context": GKE_ENTRY}
    machine.programs.install("gcloud", adds=moving)
    await machine.init(GKE)
    assert (await machine.read()).current_context == after


async def test_contexts_only_runs_nothing(machine: Machine) -> None:
    machine.programs.install("gcloud", adds=kubeconfigs.entries(GKE_ENTRY))
    assert await code_of(machine.init(GKE, contexts_only=True)) == "credentialsMissing"
    assert machine.programs.calls == []


@pytest.mark.parametrize("installed", [True, False])
async def test_a_failing_or_missing_program_is_named(machine: Machine, *, installed: bool) -> None:
    if installed:
        machine.programs.install("gcloud", stderr="no active account", exit_code=1)
    with pytest.raises(OperationFailed) as caught:
        await machine.init(GKE)
    assert caught.value.code == ("programFailed" if installed else "programMissing")
    assert "gcloud" in str(caught.value)
    assert not machine.config.exists()


async def test_a_program_that_leaves_no_entry_is_found_out(machine: Machine) -> None:
    machine.programs.install("gcloud", adds=kubeconfigs.entries("gke_other"))
    assert await code_of(machine.init(GKE)) == "credentialsMissing"


@pytest.mark.parametrize(
    ("provider", "own"),
    [
        (Minikube(), "minikube"),
        (DockerForDesktop(), "docker-desktop"),
        (DockerForDesktop(), "docker-for-desktop"),
        (ExistingContext("my own"), "my own"),
    ],
)
async def test_a_providers_own_context_needs_no_init(machine: Machine, provider: Provider, own: str) -> None:
    kubeconfigs.write(machine.config, kubeconfigs.entries("minikube"), kubeconfigs.contexts(**{own: "minikube"}))
    found = await machine.access().access(eu(provider), environment())
    assert (found.context, found.server, found.namespace) == (own, "https://minikube.test", "shop")
    await machine.init(provider)
    assert machine.programs.calls == []
    again = await machine.access().access(eu(provider), environment())
    assert (again.context, again.fingerprint) == ("env:test", found.fingerprint)


@pytest.mark.parametrize("provider", [Minikube(), DockerForDesktop(), ExistingContext("my")])
async def test_an_own_context_that_is_not_there(machine: Machine, provider: Provider) -> None:
    kubeconfigs.write(machine.config, kubeconfigs.entries("my own"), kubeconfigs.contexts(**{"my own": "my own"}))
    assert await code_of(machine.access().access(eu(provider), environment())) == "contextMissing"
    assert await code_of(machine.init(provider)) == "credentialsMissing"


@pytest.mark.parametrize(
    "change",
    [
        kubeconfigs.entries(GKE_ENTRY, server="https://elsewhere.test"),
        kubeconfigs.entries(GKE_ENTRY, ca=b"another authority"),
    ],
)
async def test_a_context_that_leads_elsewhere_than_at_init_is_refused(machine: Machine, change: dict[str, Any]) -> None:
    machine.programs.install("gcloud", adds=kubeconfigs.entries(GKE_ENTRY))
    await machine.init(GKE)
    pinned = {"contexts": [{"name": "env:test", "context": dict((await machine.read()).contexts["env:test"].fields)}]}
    kubeconfigs.write(machine.config, change, pinned)

    for call in (machine.access().access, machine.access().use):
        with pytest.raises(Refused) as caught:
            await call(eu(GKE), environment())
        assert caught.value.code == "contextMismatch"

    await machine.init(GKE, contexts_only=True)
    assert (await machine.access().access(eu(GKE), environment())).context == "env:test"


async def test_a_declaration_that_names_another_cluster_since_is_refused(machine: Machine) -> None:
    machine.programs.install("gcloud", adds=kubeconfigs.entries(GKE_ENTRY))
    await machine.init(GKE)
    other = eu(Gke("acme", "other", region="europe-west1"))
    assert await code_of(machine.access().access(other, environment())) == "contextMismatch"


async def test_two_repositories_do_not_take_each_others_contexts(machine: Machine) -> None:
    kubeconfigs.write(
        machine.config, kubeconfigs.entries("a"), kubeconfigs.entries("b"), kubeconfigs.contexts(a="a", b="b")
    )
    other = Machine(machine.above, "other-repo")
    await machine.init(ExistingContext("a"), "test")
    with pytest.raises(Refused) as caught:
        await other.init(ExistingContext("b"), "fine", "test")
    assert [(p.code, p.file) for p in caught.value.problems] == [("contextTaken", str(machine.config))]
    assert set((await machine.read()).contexts) == {"a", "b", "env:test"}
    # Neither is kept from deploying, each to its own.
    assert (await machine.access().access(eu(ExistingContext("a")), environment())).server == "https://a.test"
    assert (await other.access().access(eu(ExistingContext("b")), environment())).server == "https://b.test"
    # The same place under the same name is nobody's loss.
    assert [one.changed for one in await other.init(ExistingContext("a"))] == [False]


async def test_a_context_of_an_older_tool_is_taken_over_only_if_it_leads_to_the_same_place(machine: Machine) -> None:
    older = kubeconfigs.contexts(**{"a": "a", "env:test": "a", "env:prod": "b"})
    for context in older["contexts"]:
        context["context"]["namespace"] = "shop"
    kubeconfigs.write(machine.config, kubeconfigs.entries("a"), kubeconfigs.entries("b"), older)
    assert [one.changed for one in await machine.init(ExistingContext("a"), "test")] == [True]
    assert await code_of(machine.init(ExistingContext("a"), "prod")) == "contextTaken"


async def test_gitlabs_entries_replace_the_provider(machine: Machine) -> None:
    kubeconfigs.write(machine.config, kubeconfigs.entries("gitlab-deploy"))
    made = await machine.init(GKE, gitlab=True)
    assert machine.programs.calls == []
    assert made[0].server == "https://gitlab-deploy.test"
    context = (await machine.read()).contexts["env:test"]
    assert (context.text("cluster"), context.text("user")) == ("gitlab-deploy", "gitlab-deploy")
    assert (await machine.access().access(eu(GKE), environment())).server == "https://gitlab-deploy.test"


async def test_gitlab_mode_outside_gitlab(machine: Machine) -> None:
    assert await code_of(machine.init(GKE, gitlab=True)) == "credentialsMissing"


@pytest.mark.parametrize("context", ["a", None])
async def test_a_kubeconfig_file_of_its_own(machine: Machine, context: str | None) -> None:
    own = machine.above / "own" / "kube.yaml"
    provider = KubeconfigFile(str(own), context)
    with pytest.raises(InputError) as caught:
        await machine.access().access(eu(provider), environment())
    problem = caught.value.problems[0]
    assert (problem.code, problem.file, problem.line, problem.path) == (
        "kubeconfigMissing",
        "environments.yaml",
        3,
        "clusters[0]",
    )

    kubeconfigs.write(own, kubeconfigs.entries("a"), kubeconfigs.contexts(a="a"), current="a")
    assert (await machine.access().access(eu(provider), environment())).context == "a"
    await machine.init(provider)
    assert not machine.config.exists()
    assert (await machine.access().access(eu(provider), environment())).context == "env:test"
    assert await machine.access().use(eu(provider), environment()) == "env:test"
    # Its current context is now ours, which leads to the same cluster.
    assert (await machine.access().access(eu(provider), environment())).server == "https://a.test"


async def test_a_kubeconfig_in_the_repository_is_used_but_not_changed(machine: Machine) -> None:
    file = machine.root / "sandbox.kubeconfig"
    kubeconfigs.write(file, kubeconfigs.entries("a"), kubeconfigs.contexts(a="a"), current="a")
    provider, before = KubeconfigFile("sandbox.kubeconfig"), file.read_bytes()
    made = await machine.init(provider, "test", "prod")
    assert [(one.name, one.changed) for one in made] == [("a", False), ("a", False)]
    assert file.read_bytes() == before
    assert (await machine.access().access(eu(provider), environment())).server == "https://a.test"
    assert await code_of(machine.access().use(eu(provider), environment())) == "contextMissing"


async def test_a_kubeconfig_in_the_repository_may_not_run_programs(machine: Machine) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "canary"}
    machine.programs.install("canary")
    parts = kubeconfigs.entries("a") | {"users": [{"name": "a", "user": {"exec": plugin}}]}
    kubeconfigs.write(machine.root / "k", parts, kubeconfigs.contexts(a="a"), current="a")
    provider = KubeconfigFile("k")
    assert await code_of(machine.access().access(eu(provider), environment())) == "kubeconfigForbidden"
    assert await code_of(machine.init(provider)) == "kubeconfigForbidden"
    assert machine.programs.calls == []


async def test_certificate_files_are_read_beside_the_operators_kubeconfig(machine: Machine) -> None:
    cluster = {"name": "a", "cluster": {"server": "https://a.test", "certificate-authority": "ca.pem"}}
    kubeconfigs.write(machine.config, {"clusters": [cluster], "users": [{"name": "a"}]}, kubeconfigs.contexts(a="a"))
    provider = eu(ExistingContext("a"))
    assert await code_of(machine.access().access(provider, environment())) == "kubeconfigUnreadable"
    (machine.config.parent / "ca.pem").write_bytes(b"authority")
    assert (await machine.access().access(provider, environment())).ca == b"authority"


async def test_the_command_line_overrides_the_provider(machine: Machine) -> None:
    file = kubeconfigs.write(
        machine.above / "ci", kubeconfigs.entries("ci"), kubeconfigs.contexts(ci="ci"), current="ci"
    )
    kubeconfigs.write(machine.config, kubeconfigs.entries("mine"), kubeconfigs.contexts(mine="mine"))
    for override, server in [
        (Override(kubeconfig=file), "https://ci.test"),
        (Override(kubeconfig=file, context="ci"), "https://ci.test"),
        (Override(context="mine"), "https://mine.test"),
    ]:
        found = await machine.access(override).access(eu(GKE), environment())
        assert (found.server, found.namespace) == (server, "shop")
    missing = Override(kubeconfig=machine.above / "gone")
    assert await code_of(machine.access(missing).access(eu(GKE), environment())) == "kubeconfigMissing"


async def test_use_makes_a_context_the_current_one(machine: Machine) -> None:
    kubeconfigs.write(machine.config, kubeconfigs.entries("a"), kubeconfigs.contexts(a="a"), current="a")
    provider = eu(ExistingContext("a"))
    assert await code_of(machine.access().use(provider, environment())) == "contextMissing"
    await machine.init(ExistingContext("a"))
    assert await machine.access().use(provider, environment()) == "env:test"
    assert (await machine.read()).current_context == "env:test"
    kubeconfig = machine.config.stat().st_mtime_ns
    assert await machine.access().use(provider, environment()) == "env:test"
    assert machine.config.stat().st_mtime_ns == kubeconfig


async def test_inits_at_the_same_time_lose_nothing(machine: Machine) -> None:
    kubeconfigs.write(machine.config, kubeconfigs.entries("a"), kubeconfigs.contexts(a="a"))
    names = [f"env-{number}" for number in range(6)]
    await asyncio.gather(*(machine.init(ExistingContext("a"), name) for name in names))
    assert set((await machine.read()).contexts) == {"a", *(f"env:{name}" for name in names)}


async def test_another_writer_between_look_and_lock_is_noticed(machine: Machine) -> None:
    kubeconfigs.write(
        machine.config, kubeconfigs.entries("a"), kubeconfigs.entries("b"), kubeconfigs.contexts(a="a", b="b")
    )
    other = Machine(machine.above, "other-repo")
    results = await asyncio.gather(
        machine.init(ExistingContext("a")), other.init(ExistingContext("b")), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Refused", "tuple"]


async def test_contexts_stay_in_the_file_that_holds_them(machine: Machine) -> None:
    second = machine.above / "second"
    kubeconfigs.write(machine.config, kubeconfigs.entries("a"), kubeconfigs.contexts(a="a"))
    kubeconfigs.write(second, kubeconfigs.contexts(**{"env:test": "a"}))
    content = json.loads(second.read_text())
    content["contexts"][0]["context"]["namespace"] = "shop"
    second.write_text(json.dumps(content))
    environ = {"HOME": str(machine.above), "PATH": "", "KUBECONFIG": f"{machine.config}:{second}"}
    sources = Sources(Settings.from_environment(environ), root=machine.root)
    access = KubeconfigAccess(sources, KubeconfigStore(FakeClock()))
    await access.initialize(eu(ExistingContext("a")), (environment(),), contexts_only=True, gitlab=False)
    assert list((await machine.read()).contexts) == ["a"]
    assert (await KubeconfigStore(FakeClock()).read([second])).contexts["env:test"].fields["extensions"]
