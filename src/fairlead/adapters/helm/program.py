"""Renders charts with the `helm` program: the second adapter, and the measure for the first.

`helm template` runs with an empty home of its own, so that no plugin, repository or credential of the user takes part.
It has two limits that the library has not: `.Release.Revision` is always 1, so a chart that reads it is refused for
any other revision; and `lookup` makes it take the capabilities from the cluster itself.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fairlead.adapters.helm import capabilities
from fairlead.adapters.helm.assembling import assemble
from fairlead.adapters.helm.failures import SCHEMA_INTRO, FailureKind, failure
from fairlead.adapters.helm.library import shown, values_json
from fairlead.adapters.helm.workers import Limits
from fairlead.domain.chart_output import NOTES
from fairlead.domain.errors import FairleadError, OperationFailed, Problem
from fairlead.domain.rendering import ChartRequest, RenderedChart
from fairlead.doors.archives import read_tar, write_tar
from fairlead.doors.process import Finished, Program, ProgramFailed, ProgramLimitExceeded, run
from fairlead.doors.yaml import read_values

_WROTE = re.compile(r"^wrote (.+)$", re.MULTILINE)
_CRDS = re.compile(r"[^/]+(?:/charts/[^/]+)*/crds/")
# What JSON may hold in text and YAML may not, or reads as a line break, unless it is escaped.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_NOTES_COPY = "templates/fairlead-notes.yaml"
_NOTES_TEMPLATE = b'notes: {{ include (print .Template.BasePath "/NOTES.txt") . | toJson }}\n'


@dataclass(frozen=True, slots=True)
class HelmProgram:
    """The `ChartRenderer` that runs a program; `path` is that program."""

    path: Path
    limits: Limits = field(default_factory=Limits)
    found_version: str = "unknown"

    @property
    def version(self) -> str:
        """What the program calls itself; see `with_version`."""
        return f"helm {self.found_version}"

    async def with_version(self) -> HelmProgram:
        """Return the same renderer, knowing the program's version."""
        with tempfile.TemporaryDirectory() as home:
            finished = await run(self._program(Path(home), "version", "--template", "{{.Version}}"))
        return replace(self, found_version=finished.stdout.decode(errors="replace").strip())

    async def render(self, request: ChartRequest) -> RenderedChart:
        """Render one chart; see the port."""
        with tempfile.TemporaryDirectory() as folder:  # made with mode 0700
            home = Path(folder)
            values = home / "values.json"
            text = values_json(request)
            values.write_text(_UNPRINTABLE.sub(_escaped, text.decode()))
            # When helm asks the cluster itself, it sees what the cluster serves.
            exact = capabilities.exact_count(request, text) if request.lookup is None else None
            chart = home / "chart.tgz"
            chart.write_bytes(_prepared(Path(request.chart.path), request, exact))
            finished = await self._template(request, home, values=values, chart=chart)
            return self._collected(home / "out", finished, request)

    async def default_values(self, chart_path: str) -> dict[str, object]:
        """Return a chart's own values; see the port."""
        with tempfile.TemporaryDirectory() as home:
            try:
                finished = await run(self._program(Path(home), "show", "values", "--", chart_path))
            except ProgramFailed as failed:
                raise failure(FailureKind.CHART, _said(failed), chart=chart_path) from None
        return read_values(finished.stdout, "values.yaml")

    async def close(self) -> None:
        """There is nothing to end."""

    async def _template(self, request: ChartRequest, home: Path, *, values: Path, chart: Path) -> Finished:
        arguments = ["template", "--include-crds", f"--namespace={request.namespace}", f"--values={values}"]
        arguments += [f"--output-dir={home / 'out'}", f"--kube-version={request.capabilities.kube_version}"]
        versions = request.capabilities.api_versions
        # In portions: one argument may not be longer than 128 KiB, and clusters serve thousands of kinds.
        arguments += [f"--api-versions={','.join(versions[at : at + 500])}" for at in range(0, len(versions), 500)]
        if request.is_upgrade:
            arguments.append("--is-upgrade")
        if request.lookup is not None:
            # Only rendering is wanted of the server: whom objects belong to is judged elsewhere.
            arguments += ["--dry-run=server", "--take-ownership", "--disable-openapi-validation"]
            arguments += [f"--kubeconfig={request.lookup.kubeconfig}", f"--kube-context={request.lookup.context}"]
        try:
            return await run(self._program(home, *arguments, "--", request.name, str(chart)))
        except ProgramLimitExceeded as limit:
            raise failure(FailureKind.LIMIT, limit.problems[0].message, chart=shown(request.chart)) from None
        except ProgramFailed as failed:
            raise _explained(_said(failed), request) from None

    def _collected(self, out: Path, finished: Finished, request: ChartRequest) -> RenderedChart:
        templates: dict[str, str] = {}
        crds: list[tuple[str, str]] = []
        size = 0
        for path in _written(finished.stdout.decode(errors="replace"), out):
            size += (out / path).stat().st_size
            if size > self.limits.output:
                message = f"it renders to more than {self.limits.output} bytes"
                raise failure(FailureKind.LIMIT, message, chart=shown(request.chart))
            text = (out / path).read_text(errors="replace")
            if _CRDS.match(path):
                crds.append((path, text))
            else:
                templates[path] = text
        templates = capabilities.put_right(templates)
        name, notes = _taken_notes(templates)
        return assemble({**templates, f"{name}/templates/{NOTES}": notes}, crds, notes_of=name)

    def _program(self, home: Path, *arguments: str) -> Program:
        folders = {f"HELM_{name}": str(home / "helm") for name in ("CONFIG_HOME", "CACHE_HOME", "DATA_HOME", "PLUGINS")}
        env = {"HOME": str(home), "KUBECONFIG": "/dev/null", "NO_COLOR": "1", **folders}
        return Program(
            argv=(str(self.path), *arguments),
            cwd=home,
            env=env,
            timeout=self.limits.seconds,
            output_limit=self.limits.output,
            memory_limit=self.limits.memory,
        )


def _prepared(chart: Path, request: ChartRequest, exact: int | None) -> bytes:
    """Return the chart with one more template that renders the notes where `helm template` shows them.

    Another one leaves only as many API versions as are `exact`.
    """
    name = shown(request.chart)
    try:
        files = read_tar(chart.read_bytes(), name=name)
    except OSError as error:
        raise failure(FailureKind.CHART, str(error), chart=name) from None
    if request.revision != 1 and _reads_revision(files, name):
        message = f"chart {name} reads .Release.Revision, which `helm template` cannot set"
        remedy = "render this chart with the library: unset FAIRLEAD_HELM"
        raise OperationFailed(Problem("chartRenderFailed", message, remedy=remedy))
    for path in [path for path in files if path.count("/") == 2 and path.endswith(f"/templates/{NOTES}")]:
        files[f"{path.partition('/')[0]}/{_NOTES_COPY}"] = _NOTES_TEMPLATE
    if exact is not None:
        files[f"{next(iter(files), '').partition('/')[0]}/{capabilities.PATH}"] = capabilities.first_template(exact)
    return write_tar(files)


def _reads_revision(files: Mapping[str, bytes], name: str) -> bool:
    return any(
        b"Revision" in content or (path.endswith(".tgz") and _reads_revision(read_tar(content, name=name), name))
        for path, content in files.items()
    )


def _taken_notes(templates: dict[str, str]) -> tuple[str, str]:
    for path in list(templates):
        if path.count("/") == 2 and path.endswith(f"/{_NOTES_COPY}"):
            text = templates.pop(path).partition("\nnotes: ")[2]
            return path.partition("/")[0], str(read_values(b"notes: " + text.encode(), path)["notes"])
    return "", ""


def _written(stdout: str, out: Path) -> Iterator[str]:
    """Yield the files that helm wrote, in the order in which it first did."""
    seen = dict.fromkeys(_WROTE.findall(stdout))
    prefix = f"{out}/"
    yield from (path.removeprefix(prefix) for path in seen if path.startswith(prefix))


def _said(failed: ProgramFailed) -> str:
    _, found, message = failed.stderr.partition("Error: ")
    return (message if found else failed.stderr).replace("\n\nUse --debug flag to render out invalid YAML", "").strip()


def _explained(message: str, request: ChartRequest) -> FairleadError:
    chart = shown(request.chart)
    if SCHEMA_INTRO in message:
        return failure(FailureKind.VALUES, message[message.index(SCHEMA_INTRO) :], chart=chart)
    for words, kind in _PHRASES:
        if words in message:
            return failure(kind, message, chart=chart)
    return failure(FailureKind.RENDER, message, chart=chart)


_PHRASES = (
    ("library charts are not installable", FailureKind.CHART),
    ("chart requires kubeVersion", FailureKind.KUBE_VERSION),
    ("cannot load ", FailureKind.CHART),
    ("no Chart.yaml found", FailureKind.CHART),
    ("validation: ", FailureKind.CHART),
    ("cluster reachability check failed", FailureKind.CLUSTER),
)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
