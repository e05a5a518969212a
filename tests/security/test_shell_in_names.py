"""S7: what people write as names reaches programs as exactly one argument, and never a shell."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.adapters.providers.cluster_access import KubeconfigAccess
from fairlead.adapters.providers.sources import Sources
from fairlead.adapters.providers.store import KubeconfigStore
from fairlead.adapters.providers.technologies import reach_of
from fairlead.domain.config import Cluster, Environment, Place
from fairlead.domain.errors import InputError
from fairlead.domain.providers import Aks, ExistingContext, Gke, Provider
from fairlead.settings import Settings
from tests.fakes import kubeconfigs
from tests.fakes.clock import FakeClock
from tests.fakes.programs import RecordingPrograms

PLACE = Place("environments.yaml", 3, 5, "clusters[0]")
HOSTILE = [
    "x; touch canary",
    "$(touch canary)",
    "`touch canary`",
    "x\ntouch canary",
    "x & touch canary",
    "x | touch canary",
    "'; touch canary; '",
    '"; touch canary; "',
    "${IFS}touch${IFS}canary",
    "> canary",
    "*",
    "~",
    "../../etc",
    "x\x00y",
]
LIKE_AN_OPTION = ["-x", "--impersonate-service-account=evil", "-", "--", "@file", ""]


def provider_of(field: str, name: str) -> Provider:
    providers: dict[str, Provider] = {
        "project": Gke(name, "main", zone="europe-west1-b"),
        "clusterName": Gke("acme", name, zone="europe-west1-b"),
        "zone": Gke("acme", "main", zone=name),
        "region": Gke("acme", "main", region=name),
        "resourceGroup": Aks(name, "main"),
        "aksClusterName": Aks("shop", name),
    }
    return providers[field]


FIELDS = ["project", "clusterName", "zone", "region", "resourceGroup", "aksClusterName"]


def access(tmp_path: Path) -> tuple[KubeconfigAccess, RecordingPrograms]:
    programs = RecordingPrograms(tmp_path / "bin")
    for program in ("gcloud", "az", "kubectl", "touch", "sh", "bash"):
        programs.install(program)
    environ = {"HOME": str(tmp_path), "PATH": str(programs.directory), "KUBECONFIG": str(tmp_path / "config")}
    sources = Sources(Settings.from_environment(environ), root=tmp_path)
    return KubeconfigAccess(sources, KubeconfigStore(FakeClock())), programs


@pytest.mark.parametrize("name", HOSTILE + LIKE_AN_OPTION)
@pytest.mark.parametrize("field", FIELDS)
async def test_hostile_provider_names_are_refused_before_anything_runs(tmp_path: Path, field: str, name: str) -> None:
    found, programs = access(tmp_path)
    cluster = Cluster("eu", provider_of(field, name), {}, PLACE)
    with pytest.raises(InputError) as caught:
        await found.initialize(cluster, (), contexts_only=False, gitlab=False)
    problem = caught.value.problems[0]
    assert problem.code in {"providerName", "gkeLocation"}  # an empty zone is no zone
    assert (problem.file, problem.line, problem.column) == ("environments.yaml", 3, 5)
    assert programs.calls == []


@pytest.mark.parametrize("name", [name for name in HOSTILE if "\x00" not in name] + LIKE_AN_OPTION)
async def test_hostile_names_of_contexts_and_environments_are_only_names(tmp_path: Path, name: str) -> None:
    found, programs = access(tmp_path)
    kubeconfigs.write(tmp_path / "config", kubeconfigs.entries("a"), kubeconfigs.contexts(**{name or "-": "a"}))
    cluster = Cluster(name, ExistingContext(name or "-"), {}, PLACE)
    environment = Environment(name, name, name, PLACE)
    made = await found.initialize(cluster, (environment,), contexts_only=False, gitlab=False)
    assert [one.name for one in made] == [f"env:{name}"]
    reached = await found.access(cluster, environment)
    assert (reached.context, reached.namespace) == (f"env:{name}", name)
    assert programs.calls == []


@given(st.text(), st.sampled_from(FIELDS))
def test_any_name_is_one_whole_argument_or_refused(name: str, field: str) -> None:
    try:
        reach = reach_of(Cluster("eu", provider_of(field, name), {}, PLACE))
    except InputError:
        return
    assert sum(argument == name for argument in reach.programs[0]) >= 1
    assert not name.startswith("-")


SHELLS = {
    "asyncio.create_subprocess_shell",
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
}


def faults(code: str) -> list[int]:
    """Return the lines that ask for a shell, or start a program by a text instead of a list."""
    lines = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.keyword) and node.arg == "shell":
            lines.append(node.value.lineno)
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "argv")]
            is_text = any(isinstance(argument, ast.Constant | ast.JoinedStr) for argument in given)
            if name in SHELLS or (name.rpartition(".")[2] == "Program" and is_text):
                lines.append(node.lineno)
    return lines


def test_no_source_file_asks_for_a_shell() -> None:
    source = Path(__file__).parents[2] / "src" / "fairlead"
    assert [(str(file), lines) for file in source.rglob("*.py") if (lines := faults(file.read_text()))] == []


@pytest.mark.parametrize(
    "code",
    [
        "run(x, shell=True)",
        "os.system(x)",
        "asyncio.create_subprocess_shell(x)",
        "Program('a b')",
        "process.Program(argv=f'a {b}')",
    ],
)
def test_the_search_for_shells_finds_them(code: str) -> None:
    assert faults(code) == [1]
