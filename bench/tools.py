"""How each tool does the four jobs: what files it needs for a tag, and which commands a job is."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
from measuring import Site

FAIRLEAD = str(Path(sys.executable).parent / "fairlead")
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
DIFF = "no-op diff"
JOBS = ("first apply", "one change", "no-op apply", DIFF)


@dataclass(frozen=True, slots=True)
class Use:
    """A tool in one namespace: `prepare` writes its files for a tag, `commands` gives a job (none: it cannot)."""

    prepare: Callable[[str], None]
    commands: Callable[[str], list[list[str]]]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: the program it needs, how it says its version, and how it is used."""

    program: str
    version: tuple[str, ...]
    use: Callable[[Site, str], Use]


def write_chart(folder: Path) -> None:
    """Write the chart that all releases share."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: bench\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text('tag: "1.0"\n')
    (folder / "templates" / "all.yaml").write_text(OBJECTS)


def fairlead(site: Site, namespace: str) -> Use:
    """Fairlead, all releases in one environment."""
    root = site.folder / f"fairlead-{namespace}"
    root.mkdir()
    (root / "environments.yaml").write_text(
        f"clusters: [{{name: c, provider: {{existingContext: {{contextName: {site.context}}}}}}}]\n"
        f"environments: [{{name: e, clusterName: c, kubeNamespace: {namespace}, releasesFiles: [releases.yaml]}}]\n"
    )
    shutil.copytree(site.folder / "chart", root / "chart")

    def prepare(tag: str) -> None:
        rows = [
            f'  - {{name: r{number}, chart: {{dir: chart}}, values: [{{key: tag, value: "{value}"}}]}}'
            for number, value in enumerate(_tags(site, tag))
        ]
        (root / "releases.yaml").write_text("releases:\n" + "\n".join(rows) + "\n")

    def commands(job: str) -> list[list[str]]:
        verb = ["plan", "e"] if job == DIFF else ["apply", "e", "--yes"]
        return [[FAIRLEAD, *verb, "-f", str(root / "environments.yaml")]]

    return Use(prepare, commands)


def helm_loop(site: Site, namespace: str) -> Use:
    """Run `helm upgrade -i` once per release; a change upgrades all, since the loop knows no better."""
    tags: list[str] = []

    def prepare(tag: str) -> None:
        tags[:] = _tags(site, tag)

    def commands(job: str) -> list[list[str]]:
        if job == DIFF:
            return []
        options = ["--kube-context", site.context, "--namespace", namespace]
        chart = str(site.folder / "chart")
        return [
            ["helm", "upgrade", "-i", f"r{number}", chart, *options, "--set-string", f"tag={tag}"]
            for number, tag in enumerate(tags)
        ]

    return Use(prepare, commands)


def kubectl(site: Site, namespace: str, *, server_side: bool) -> Use:
    """Drive kubectl with one file of everything."""
    file = site.folder / f"{namespace}.yaml"
    flags = ["--server-side", "--field-manager=kubectl", "--force-conflicts"] if server_side else []

    def commands(job: str) -> list[list[str]]:
        verb = "diff" if job == DIFF else "apply"
        return [["kubectl", "--context", site.context, "--namespace", namespace, verb, *flags, "-f", str(file)]]

    return Use(lambda tag: _write(file, _everything(site, tag)), commands)


def kapp(site: Site, namespace: str) -> Use:
    """Drive kapp with the same file."""
    file = site.folder / f"{namespace}.yaml"

    def commands(job: str) -> list[list[str]]:
        base = ["kapp", "deploy", "-a", "bench", "-n", namespace, "-f", str(file)]
        flags = ["--kubeconfig-context", site.context, "--yes", *(["--diff-run"] if job == DIFF else [])]
        return [[*base, *flags]]

    return Use(lambda tag: _write(file, _everything(site, tag)), commands)


def helmfile(site: Site, namespace: str) -> Use:
    """Drive helmfile, ten at once: `apply` and `diff` where Helm has the plugin for it, else `sync`."""
    file = site.folder / f"helmfile-{namespace}.yaml"
    compares = "diff" in site.read("helm", "plugin", "list").split()

    def prepare(tag: str) -> None:
        rows = [
            f'- {{name: r{number}, namespace: {namespace}, chart: ./chart, values: [{{tag: "{value}"}}]}}'
            for number, value in enumerate(_tags(site, tag))
        ]
        _write(file, f"helmDefaults: {{kubeContext: {site.context}}}\nreleases:\n" + "\n".join(rows) + "\n")

    def commands(job: str) -> list[list[str]]:
        if job == DIFF and not compares:
            return []
        verb = "diff" if job == DIFF else "apply" if compares else "sync"
        return [["helmfile", "-f", str(file), verb, "--concurrency", "10"]]

    return Use(prepare, commands)


def floor(site: Site, namespace: str) -> Use:
    """Bare aiohttp, the same objects."""
    file = site.folder / f"{namespace}.json"

    def prepare(tag: str) -> None:
        import yaml  # noqa: PLC0415, TID251 - a bench, of files that it made itself

        objects = [one for one in yaml.load_all(_everything(site, tag), yaml.CSafeLoader) if one]
        file.write_bytes(orjson.dumps(objects))

    def commands(job: str) -> list[list[str]]:
        script, verb = str(Path(__file__).with_name("floor.py")), "list" if job == DIFF else "apply"
        return [[sys.executable, script, verb, str(file), str(site.kubeconfig), site.context, namespace]]

    return Use(prepare, commands)


def _tags(site: Site, first: str) -> list[str]:
    """The tag of each release: the first one changes."""
    return [first, *["1.0"] * (site.releases - 1)]


def _everything(site: Site, tag: str) -> str:
    image = '{{ printf "app:%s" .Values.tag | quote }}'
    return "\n---\n".join(
        OBJECTS.replace("{{ .Release.Name }}", f"r{number}").replace(image, f'"app:{value}"')
        for number, value in enumerate(_tags(site, tag))
    )


def _write(file: Path, text: str) -> None:
    file.write_text(text)


_AIOHTTP = "import aiohttp; print('aiohttp', aiohttp.__version__)"
_KUBECTL = ("kubectl", "version", "--client")
TOOLS = {
    "floor": Tool(sys.executable, (sys.executable, "-c", _AIOHTTP), floor),
    "fairlead": Tool(FAIRLEAD, (FAIRLEAD, "--version"), fairlead),
    "kubectl-csa": Tool("kubectl", _KUBECTL, lambda site, name: kubectl(site, name, server_side=False)),
    "kubectl-ssa": Tool("kubectl", _KUBECTL, lambda site, name: kubectl(site, name, server_side=True)),
    "kapp": Tool("kapp", ("kapp", "version"), kapp),
    "helm-loop": Tool("helm", ("helm", "version", "--short"), helm_loop),
    "helmfile": Tool("helmfile", ("helmfile", "--version"), helmfile),
}
