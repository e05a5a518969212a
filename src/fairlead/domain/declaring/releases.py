"""From what was found in release files to releases of one environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.domain.config import (
    App,
    ChartDir,
    ChartOci,
    ChartReference,
    Crds,
    IgnoreFields,
    Kustomization,
    ManifestFiles,
    Place,
    Release,
    ReleaseSource,
)
from fairlead.domain.declaring.apps.reading import Defaults, read_app
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundPath, FoundRecord, PathRequest
from fairlead.domain.declaring.patches import read_patches
from fairlead.domain.declaring.quoting import quoted
from fairlead.domain.declaring.triggers import read_triggers
from fairlead.domain.declaring.values import ValueReader
from fairlead.domain.durations import duration_seconds
from fairlead.domain.suggesting import near
from fairlead.domain.upgrades.chosen import lock_file_of

DEFAULT_TIMEOUT_SECONDS = 300.0

ResolvedPaths = Mapping[PathRequest, tuple[str, ...]]

_OF_CHARTS = ("values", "valuesFile", "lockFile")
_NOT_OF_APPS = ("patches", "ignoreFields", "prune", "wait", "timeout")
_REPO_CHART = re.compile(r"[^/]+/[^/]+")
_OCI_CHART = re.compile(r"oci://[^/@\s]+/[^@:\s]+")


@dataclass(frozen=True, slots=True)
class ReleaseReader:
    """Reads releases for one environment, which goes to a namespace.

    `resolved` lacks the paths that were refused, which is already noted.
    """

    findings: Findings
    resolved: ResolvedPaths
    repos: frozenset[str]
    values: ValueReader
    namespace: str

    def release(self, found: FoundRecord) -> Release | None:
        """Return a release, or None when its name or what it deploys is missing."""
        name = found.text("name")
        source = self._source(found)
        values_file = self.single(found.path("valuesFile"))
        values = self.values.entries(found, "values")
        self._check_values(found, source)
        triggers = read_triggers(found, self.findings)
        timeout = self._timeout(found)
        patches = () if isinstance(source, App) else read_patches(found, self.findings)
        if name is None or source is None:
            return None
        return Release(
            name=name,
            source=source,
            place=found.place,
            values_file=values_file,
            values=values,
            triggers=triggers,
            skip_default_values=found.flag("skipDefaultValues"),
            depends_on=tuple(dependencies(found)),
            namespace=found.text("namespace"),
            timeout_seconds=timeout,
            wait=found.flag("wait", default=True),
            prune=found.flag("prune", default=True),
            ignore_fields=tuple(_ignore_fields(item) for item in found.records("ignoreFields") if item.sound),
            patches=patches,
            labels=dict(found.pairs("labels")),
            crds=_crds(found.record("chart")),
            lock_file=None if isinstance(source, App) or not found.flag("lockFile") else lock_file_of(found.place.file),
        )

    def files(self, found: FoundRecord, key: str) -> tuple[str, ...]:
        """Return all files that a list of paths leads to, each once, in the order written."""
        return tuple(dict.fromkeys(file for path in found.paths(key) for file in self.resolved.get(path.request, ())))

    def single(self, path: FoundPath | None) -> str | None:
        """Return what one path leads to."""
        return next(iter(self.resolved.get(path.request, ())), None) if path is not None else None

    def _source(self, found: FoundRecord) -> ReleaseSource | None:
        if not found.sound:
            return None
        if (chart := found.record("chart")) is not None:
            return self._chart(chart)
        if (app := found.record("app")) is not None:
            return self._app(found, app)
        if (kustomize := found.record("kustomize")) is not None:
            directory = self.single(kustomize.path("dir"))
            return None if directory is None else Kustomization(directory)
        files = self.files(found, "resourceFiles")
        return ManifestFiles(files) if files else None

    def _app(self, found: FoundRecord, app: FoundRecord) -> ReleaseSource | None:
        name, namespace = found.text("name"), found.text("namespace") or self.namespace
        descriptor = read_app(app, self.findings, Defaults(namespace, name))
        if descriptor is None or name is None:
            return None
        if descriptor.app != name:
            message = f"found the app {quoted(descriptor.app)} in the release {quoted(name)}"
            self.findings.error(app.at("appName"), "appNotRelease", message, "call both the same, or leave appName out")
        if descriptor.namespace != namespace:
            message = (
                f"found the namespace {quoted(descriptor.namespace)} in a release that goes to {quoted(namespace)}"
            )
            remedy = "leave it out, and name the namespace of the release"
            self.findings.error(app.at("namespace"), "appNotRelease", message, remedy)
        return App(descriptor)

    def _chart(self, chart: FoundRecord) -> ReleaseSource | None:
        if not chart.sound:
            return None
        version = chart.text("version")
        if (path := chart.path("dir")) is not None:
            if version is not None:
                message = "version has no effect beside dir"
                self.findings.warning(
                    chart.at("version"), "withoutEffect", message, "remove it; the directory's Chart.yaml counts"
                )
            directory = self.single(path)
            return None if directory is None else ChartDir(directory)
        reference = chart.text("reference") or ""
        if version is None:
            message = f"the chart {quoted(reference)} has no version"
            self.findings.error(
                chart.place, "missingVersion", message, "add `version:`, so that every run deploys the same chart"
            )
            return None
        return self._reference(chart, reference, version)

    def _reference(self, chart: FoundRecord, reference: str, version: str) -> ReleaseSource | None:
        place = chart.at("reference")
        if _OCI_CHART.fullmatch(reference):
            return ChartOci(reference, version)
        if "://" in reference or not _REPO_CHART.fullmatch(reference):
            message = f"found {quoted(reference)}, expected REPO/CHART or oci://HOST/PATH"
            self.findings.error(
                place, "invalidReference", message, "declare the repository in helmRepos and write REPO/CHART"
            )
            return None
        repo = reference.partition("/")[0]
        if repo not in self.repos:
            self.findings.error(
                place,
                "undefinedHelmRepo",
                f"the Helm repository {repo!r} is not declared",
                near(repo, self.repos, otherwise="add it to `helmRepos` in the environments file"),
            )
            return None
        return ChartReference(reference, version)

    def _check_values(self, found: FoundRecord, source: ReleaseSource | None) -> None:
        if not isinstance(source, (ManifestFiles, Kustomization, App)):
            return
        is_app = isinstance(source, App)
        for key in (*_OF_CHARTS, *(_NOT_OF_APPS if is_app else ())):
            if key in found.fields:
                message = f"{key} has no effect on a release that is {'an app' if is_app else 'not a chart'}"
                self.findings.warning(found.at(key), "withoutEffect", message, "remove it, or deploy a chart")

        if isinstance(source, App) and not source.descriptor.is_automatic:
            for key in ("trigger", "triggers"):
                if key in found.fields:
                    message = f"{key} has no effect on an app whose newVersion names one version"
                    remedy = 'write newVersion: "#", so that another image is another version'
                    self.findings.warning(found.at(key), "withoutEffect", message, remedy)

    def _timeout(self, found: FoundRecord) -> float:
        text = found.text("timeout")
        if text is None:
            return DEFAULT_TIMEOUT_SECONDS
        seconds = duration_seconds(text)
        if seconds is None:
            message = f"found the duration {quoted(text)}, expected more than nothing and at most seven days"
            self.findings.error(
                found.at("timeout"), "invalidValue", message, "write a duration such as 90s, 5m or 1h30m"
            )
        return seconds or DEFAULT_TIMEOUT_SECONDS


def dependencies(found: FoundRecord) -> dict[str, Place]:
    """Return the names of a release's dependencies, each once, and where they stand."""
    names: dict[str, Place] = {}
    for item in found.texts("dependsOn"):
        names.setdefault(item.text, item.place)
    return names


def _crds(chart: FoundRecord | None) -> Crds:
    return Crds((chart.text("crds") if chart is not None else None) or Crds.INSTALL)


def _ignore_fields(item: FoundRecord) -> IgnoreFields:
    return IgnoreFields(item.text("kind") or "", item.text("name"), tuple(path.text for path in item.texts("paths")))
