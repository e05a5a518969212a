"""Fairlead beside its peers and beside the floor: N releases of one chart, 4 objects each, one API server, one call.

    python bench/peers.py [--releases 100] [--rounds 3] [--only fairlead,kubectl-ssa]

Every tool gets a namespace of its own and four jobs: first apply, one change, apply again, diff again. A figure is of
the whole process, from start to exit: seconds (median of the rounds for the last two jobs), requests that the API
server counted, and peak memory. The floor is bare aiohttp: every object applied, 20 at once, and four lists. What is
not installed is left out. Starts a sandbox of its own with simulated nodes and ends it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

FAIRLEAD = str(Path(sys.executable).parent / "fairlead")
SANDBOX = "bench"
OBJECTS = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: {{ .Release.Name }}}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {selector: {app: {{ .Release.Name }}}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: 0
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      serviceAccountName: {{ .Release.Name }}
      containers: [{name: app, image: {{ printf "app:%s" .Values.tag | quote }}, ports: [{containerPort: 8080}]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: {{ .Release.Name }}}
spec:
  rules:
    - host: {{ .Release.Name }}.example.org
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: {{ .Release.Name }}, port: {number: 80}}}}]}
"""
JOBS = ("first apply", "one change", "no-op apply", "no-op diff")


@dataclass(frozen=True, slots=True)
class Measured:
    """One whole process, or several in a row: seconds, bytes at the peak, exit code of the last."""

    seconds: float
    peak: int
    code: int


@dataclass(frozen=True, slots=True)
class Site:
    """Where the tools work, and what they may read."""

    folder: Path
    kubeconfig: Path
    context: str
    releases: int

    def run(self, *commands: Sequence[str], log: Path | None = None) -> Measured:
        """Run commands one after the other, counting them as one."""
        started, peak, code = time.perf_counter(), 0, 0
        sink = os.open(log or self.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        actions = [(os.POSIX_SPAWN_DUP2, sink, 1), (os.POSIX_SPAWN_DUP2, sink, 2)]
        for command in commands:
            pid = os.posix_spawnp(command[0], list(command), self.environ, file_actions=actions)
            _, status, usage = os.wait4(pid, 0)
            code = os.waitstatus_to_exitcode(status)
            peak = max(peak, usage.ru_maxrss * 1024)
        os.close(sink)
        return Measured(time.perf_counter() - started, peak, code)

    @property
    def environ(self) -> dict[str, str]:
        """The machine's environment, pointing to the sandbox."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "HOME": str(self.folder)}  # noqa: TID251 - a bench

    def read(self, *command: str) -> bytes:
        """Return what a command prints."""
        with tempfile.NamedTemporaryFile() as out:
            self.run(command, log=Path(out.name))
            return Path(out.name).read_bytes()

    def requests(self) -> int:
        """Return how many requests the API server has counted, its own components' watches and leases left out."""
        text = self.read("kubectl", "--context", self.context, "get", "--raw", "/metrics").decode()
        lines = (line for line in text.splitlines() if line.startswith("apiserver_request_total{"))
        quiet = ('verb="WATCH"', 'resource="leases"', 'subresource="status"', 'resource="events"')
        return int(sum(float(line.rpartition(" ")[2]) for line in lines if not any(word in line for word in quiet)))


# A tool prepares its files for a tag, and says what commands a job is.
Commands = Callable[[str], list[list[str]]]


def fairlead(site: Site, namespace: str) -> tuple[Callable[[str], None], Commands]:
    """Fairlead, all releases in one environment."""
    root = site.folder / "fairlead"
    root.mkdir()
    (root / "environments.yaml").write_text(
        f"clusters: [{{name: c, provider: {{existingContext: {{contextName: {site.context}}}}}}}]\n"
        f"environments: [{{name: e, clusterName: c, kubeNamespace: {namespace}, releasesFiles: [releases.yaml]}}]\n"
    )
    shutil.copytree(site.folder / "chart", root / "chart")

    def prepare(tag: str) -> None:
        values = f'values: [{{key: tag, value: "{tag}"}}]'
        other = 'values: [{key: tag, value: "1.0"}]'
        rows = [
            f"  - {{name: r{n}, chart: {{dir: chart}}, {values if n == 0 else other}}}" for n in range(site.releases)
        ]
        (root / "releases.yaml").write_text("releases:\n" + "\n".join(rows) + "\n")

    def commands(job: str) -> list[list[str]]:
        verb = ["plan", "e"] if job == "no-op diff" else ["apply", "e", "--yes"]
        return [[FAIRLEAD, *verb, "-f", str(root / "environments.yaml")]]

    return prepare, commands


def helm_loop(site: Site, namespace: str) -> tuple[Callable[[str], None], Commands]:
    """Run `helm upgrade -i` once per release; a change upgrades all, since the loop knows no better."""
    tags = {"tag": "1.0"}

    def prepare(tag: str) -> None:
        tags["tag"] = tag

    def commands(job: str) -> list[list[str]]:
        if job == "no-op diff":
            return []
        chart = str(site.folder / "chart")
        options = ["--kube-context", site.context, "--namespace", namespace]
        return [
            ["helm", "upgrade", "-i", f"r{n}", chart, *options, "--set", f"tag={tags['tag'] if n == 0 else '1.0'}"]
            for n in range(site.releases)
        ]

    return prepare, commands


def kubectl(site: Site, namespace: str, *, server_side: bool) -> tuple[Callable[[str], None], Commands]:
    """Drive kubectl with one file of everything."""
    file = site.folder / f"{namespace}.yaml"
    flags = ["--server-side", "--field-manager=kubectl", "--force-conflicts"] if server_side else []

    def prepare(tag: str) -> None:
        file.write_text(_everything(site, tag))

    def commands(job: str) -> list[list[str]]:
        verb = "diff" if job == "no-op diff" else "apply"
        base = ["kubectl", "--context", site.context, "--namespace", namespace]
        return [[*base, verb, *flags, "-f", str(file)]]

    return prepare, commands


def kapp(site: Site, namespace: str) -> tuple[Callable[[str], None], Commands]:
    """Drive kapp with the same file."""
    prepare, _ = kubectl(site, namespace, server_side=False)

    def commands(job: str) -> list[list[str]]:
        file = str(site.folder / f"{namespace}.yaml")
        base = ["kapp", "deploy", "-a", "bench", "-n", namespace, "-f", file, "--kubeconfig-context", site.context]
        return [[*base, "--yes", *(["--diff-run"] if job == "no-op diff" else [])]]

    return prepare, commands


def helmfile(site: Site, namespace: str) -> tuple[Callable[[str], None], Commands]:
    """Drive helmfile with helm-diff, ten at once."""
    file = site.folder / "helmfile.yaml"

    def prepare(tag: str) -> None:
        rows = [
            f'- {{name: r{n}, namespace: {namespace}, chart: ./chart, values: [{{tag: "{tag if n == 0 else "1.0"}"}}]}}'
            for n in range(site.releases)
        ]
        file.write_text(f"helmDefaults: {{kubeContext: {site.context}}}\nreleases:\n" + "\n".join(rows) + "\n")

    def commands(job: str) -> list[list[str]]:
        return [["helmfile", "-f", str(file), "diff" if job == "no-op diff" else "apply", "--concurrency", "10"]]

    return prepare, commands


def floor(site: Site, namespace: str) -> tuple[Callable[[str], None], Commands]:
    """Bare aiohttp, the same objects."""
    file = site.folder / f"{namespace}.json"

    def prepare(tag: str) -> None:
        import yaml  # noqa: PLC0415, TID251 - a bench, of files that it made itself

        objects = [one for one in yaml.safe_load_all(_everything(site, tag)) if one]
        file.write_bytes(orjson.dumps(objects))

    def commands(job: str) -> list[list[str]]:
        verb = "list" if job == "no-op diff" else "apply"
        script = str(Path(__file__).parent / "floor.py")
        return [[sys.executable, script, verb, str(file), str(site.kubeconfig), site.context, namespace]]

    return prepare, commands


def _everything(site: Site, tag: str) -> str:
    text = ["---\n"]
    for number in range(site.releases):
        shown = OBJECTS.replace("{{ .Release.Name }}", f"r{number}")
        image = '{{ printf "app:%s" .Values.tag | quote }}'
        text.append(shown.replace(image, f'"app:{tag if number == 0 else "1.0"}"'))
    return "\n---\n".join(text)


@contextmanager
def sandbox(releases: int) -> Iterator[Site]:
    """Start a sandbox, and end it whatever happens."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "chart" / "templates").mkdir(parents=True)
        (work / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: bench\nversion: 1.0.0\n")
        (work / "chart" / "values.yaml").write_text('tag: "1.0"\n')
        (work / "chart" / "templates" / "all.yaml").write_text(OBJECTS)
        kubeconfig = work / "kubeconfig"
        up = ["sandbox", "up", "--name", SANDBOX, "--nodes", "simulated", "--kubeconfig-out", str(kubeconfig)]
        code = os.spawnlp(os.P_WAIT, FAIRLEAD, FAIRLEAD, *up)
        if code:
            raise SystemExit(code)
        try:
            yield Site(work, kubeconfig, f"{SANDBOX}-1", releases)
        finally:
            os.spawnlp(os.P_WAIT, FAIRLEAD, FAIRLEAD, "sandbox", "down", "--name", SANDBOX)


def main() -> None:
    """Measure what is asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    with sandbox(arguments.releases) as site:
        measure(site, arguments.rounds, set(filter(None, arguments.only.split(","))))


def measure(site: Site, rounds: int, only: set[str]) -> None:
    """Run every tool's jobs and print a row each."""
    tools = {
        "floor": (sys.executable, floor),
        "fairlead": (FAIRLEAD, fairlead),
        "kubectl-csa": ("kubectl", lambda site, name: kubectl(site, name, server_side=False)),
        "kubectl-ssa": ("kubectl", lambda site, name: kubectl(site, name, server_side=True)),
        "kapp": ("kapp", kapp),
        "helm-loop": ("helm", helm_loop),
        "helmfile": ("helmfile", helmfile),
    }
    print(f"{site.releases} releases, {4 * site.releases} objects: seconds / requests / peak MB")
    print(f"{'':12}" + "".join(f"{job:>24}" for job in JOBS), flush=True)
    for name, (program, make) in tools.items():
        if (only and name not in only) or shutil.which(program) is None:
            continue
        namespace = f"bench-{name}"
        site.run(["kubectl", "--context", site.context, "create", "namespace", namespace])
        prepare, commands = make(site, namespace)
        cells = [_cell(site, job, prepare, commands, rounds) for job in JOBS]
        print(f"{name:12}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


def _cell(site: Site, job: str, prepare: Callable[[str], None], commands: Commands, rounds: int) -> str:
    prepare("1.0" if job == "first apply" else "1.1")
    if not (wanted := commands(job)):
        return "-"
    before = site.requests()
    runs = [site.run(*wanted) for _ in range(rounds if job.startswith("no-op") else 1)]
    requests = (site.requests() - before - 1) / len(runs)
    mark = "" if all(run.code == 0 for run in runs) else f" !{runs[-1].code}"
    seconds = statistics.median(run.seconds for run in runs)
    return f"{seconds:.2f} / {requests:.0f} / {max(run.peak for run in runs) / 1e6:.0f}{mark}"


if __name__ == "__main__":
    main()
