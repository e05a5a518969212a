"""From what was found about environments to the model: which releases run in each, and what depends on what."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from fairlead.domain.config import Cluster, Environment, ManifestFiles, Place, Release
from fairlead.domain.declaring.findings import Findings, near
from fairlead.domain.declaring.found import FoundPath, FoundRecord
from fairlead.domain.declaring.releases import ReleaseReader, ResolvedPaths
from fairlead.domain.declaring.values import ValueReader

DEFAULT_NAMESPACE = "default"
MAX_NAME = 53


@dataclass(frozen=True, slots=True)
class EnvironmentReader:
    """Reads environments. `files` are the release files by path; those that could not be read are missing."""

    findings: Findings
    resolved: ResolvedPaths
    repos: frozenset[str]
    files: Mapping[str, FoundRecord]

    def environment(self, found: FoundRecord, cluster: Cluster | None) -> Environment | None:
        """Return an environment, or None when its name or cluster is missing."""
        values = ValueReader(self.findings, cluster)
        reader = ReleaseReader(self.findings, self.resolved, self.repos, values)
        releases = tuple(self._releases(found, reader))
        self._check_names(releases)
        self._check_dependencies(releases)
        namespace = found.text("kubeNamespace")
        if "kubeNamespace" not in found.fields and found.sound:
            message = f"the environment has no kubeNamespace; {DEFAULT_NAMESPACE!r} is used"
            remedy = f"write `kubeNamespace: {DEFAULT_NAMESPACE}` if that is what you mean"
            self.findings.warning(found.place, "missingNamespace", message, remedy)
        default_values = values.entries(found, "defaultValues")
        name = found.text("name")
        if name is None or cluster is None:
            return None
        return Environment(
            name=name,
            cluster=cluster.name,
            namespace=namespace or DEFAULT_NAMESPACE,
            place=found.place,
            releases=releases,
            default_values_file=reader.single(found.path("defaultValuesFile")),
            default_values=default_values,
            create_namespace=found.flag("createNamespace"),
        )

    def _releases(self, found: FoundRecord, reader: ReleaseReader) -> Iterator[Release]:
        """Yield the releases in declared order: `releases` before `releasesFiles`, as in KubeCD."""
        taken: set[str] = set()
        for item in (*found.items("releases"), *found.items("releasesFiles")):
            match item:
                case FoundRecord():
                    release = reader.release(item)
                    if release is not None:
                        yield release
                case FoundPath():
                    path = reader.single(item)
                    if path is not None and path in self.files:
                        yield from self._file(self.files[path], path, reader, taken)
                case _:
                    continue

    def _file(self, found: FoundRecord, path: str, reader: ReleaseReader, taken: set[str]) -> Iterator[Release]:
        """Yield a file's releases, after the release that its top-level manifests make."""
        manifests = reader.files(found, "resourceFiles")
        first: tuple[str, ...] = ()
        if manifests:
            name = _resources_name(path, taken)
            taken.add(name)
            first = (name,)
            yield Release(name, ManifestFiles(manifests), found.at("resourceFiles"))
        for item in found.records("releases"):
            release = reader.release(item)
            if release is not None:
                yield replace(release, depends_on=tuple(dict.fromkeys((*first, *release.depends_on))))

    def _check_names(self, releases: tuple[Release, ...]) -> None:
        places: dict[str, Place] = {}
        for release in releases:
            earlier = places.setdefault(release.name, release.place)
            if earlier is not release.place:
                self.findings.error(
                    release.place,
                    "duplicateName",
                    f"the release {release.name!r} is declared a second time, first at {earlier.file}:{earlier.line}",
                    "give one of them another name",
                )

    def _check_dependencies(self, releases: tuple[Release, ...]) -> None:
        by_name = {release.name: release for release in releases}
        for release in releases:
            for wanted in release.depends_on:
                if wanted not in by_name:
                    self.findings.error(
                        release.place,
                        "undefinedDependency",
                        f"{release.name!r} depends on {wanted!r}, which this environment does not have",
                        near(wanted, by_name, otherwise="name one of its releases"),
                    )
        try:
            TopologicalSorter({name: release.depends_on for name, release in by_name.items()}).prepare()
        except CycleError as error:
            cycle = list(reversed(error.args[1]))
            self.findings.error(
                by_name[cycle[0]].place,
                "dependencyCycle",
                f"releases depend on each other in a circle: {' -> '.join(cycle)}",
                "remove one of these dependsOn entries",
            )


def _resources_name(path: str, taken: set[str]) -> str:
    """Return `FILESTEM-resources`; a second file of that stem in the environment puts its directory in front."""
    stem = posixpath.splitext(posixpath.basename(path))[0]
    name = _as_name(stem)
    if name in taken:
        name = _as_name(f"{posixpath.basename(posixpath.dirname(path))}-{stem}")
    return name


def _as_name(text: str) -> str:
    suffix = "-resources"
    cleaned = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return cleaned[: MAX_NAME - len(suffix)].strip("-") + suffix if cleaned else suffix.removeprefix("-")
