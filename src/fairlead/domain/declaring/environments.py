"""From what was found about environments to the model: which releases run in each, and what depends on what."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from fairlead.domain.config import Cluster, Environment, ManifestFiles, Place, Release
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundPath, FoundRecord
from fairlead.domain.declaring.lock_files import LockFiles
from fairlead.domain.declaring.releases import ReleaseReader, ResolvedPaths, dependencies
from fairlead.domain.declaring.values import ValueReader
from fairlead.domain.pull_secrets import PullSecrets
from fairlead.domain.records import KEPT
from fairlead.domain.suggesting import near

DEFAULT_NAMESPACE = "default"
MAX_NAME = 53


@dataclass(frozen=True, slots=True)
class EnvironmentReader:
    """Reads environments. `files` are the release files by path; those that could not be read are missing."""

    findings: Findings
    resolved: ResolvedPaths
    repos: frozenset[str]
    files: Mapping[str, FoundRecord]
    locks: LockFiles

    def environment(self, found: FoundRecord, cluster: Cluster | None) -> Environment | None:
        """Return an environment, or None when its name or cluster is missing."""
        values = ValueReader(self.findings, cluster)
        namespace = found.text("kubeNamespace")
        reader = ReleaseReader(self.findings, self.resolved, self.repos, values, namespace or DEFAULT_NAMESPACE)
        declared = tuple(self._declared(found, reader))
        self._check_names(declared)
        self._check_dependencies(declared)
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
            releases=tuple(self.locks.locked(name, each.release) for each in declared if each.release is not None),
            default_values_file=reader.single(found.path("defaultValuesFile")),
            default_values=default_values,
            create_namespace=found.flag("createNamespace"),
            history_max=int(found.text("historyMax") or KEPT),
            pull_secrets=_pull_secrets(found.record("pullSecrets")),
        )

    def _declared(self, found: FoundRecord, reader: ReleaseReader) -> Iterator[_Declared]:
        """Yield the releases in declared order: `releases` before `releasesFiles`, as in KubeCD."""
        taken: set[str] = set()
        for item in (*found.items("releases"), *found.items("releasesFiles")):
            if isinstance(item, FoundRecord):
                yield _Declared.of(item, reader.release(item))
                continue
            assert isinstance(item, FoundPath)
            path = reader.single(item)
            if path is not None and path in self.files:
                yield from self._in_file(self.files[path], path, reader, taken)

    def _in_file(self, found: FoundRecord, path: str, reader: ReleaseReader, taken: set[str]) -> Iterator[_Declared]:
        """Yield a file's releases, after the release that its top-level manifests make."""
        manifests = reader.files(found, "resourceFiles")
        first: dict[str, Place] = {}
        if manifests:
            name = _resources_name(path, taken)
            taken.add(name)
            place = found.at("resourceFiles")
            first = {name: place}
            yield _Declared(name, place, {}, Release(name, ManifestFiles(manifests), place))
        for item in found.records("releases"):
            declared = _Declared.of(item, reader.release(item))
            yield declared.after(first)

    def _check_names(self, releases: tuple[_Declared, ...]) -> None:
        first: dict[str, _Declared] = {}
        for each in releases:
            earlier = first.setdefault(each.name, each)
            if each.name and earlier is not each:
                where = f"{earlier.place.file}:{earlier.place.line}"
                self.findings.error(
                    each.place,
                    "duplicateName",
                    f"the release {each.name!r} is declared a second time in this environment, first at {where}",
                    "give one of them another name",
                )

    def _check_dependencies(self, releases: tuple[_Declared, ...]) -> None:
        by_name = {each.name: each for each in reversed(releases) if each.name}
        for each in releases:
            for wanted, place in each.depends_on.items():
                if wanted not in by_name:
                    self.findings.error(
                        place,
                        "undefinedDependency",
                        f"{each.name!r} depends on {wanted!r}, which this environment does not have",
                        near(wanted, by_name.keys() - {each.name}, otherwise="name one of its releases"),
                    )
        try:
            TopologicalSorter({name: each.depends_on for name, each in by_name.items()}).prepare()
        except CycleError as error:
            cycle = list(reversed(error.args[1]))
            self.findings.error(
                by_name[cycle[0]].place,
                "dependencyCycle",
                f"releases depend on each other in a circle: {' -> '.join(cycle)}",
                "remove one of these dependsOn entries",
            )


@dataclass(frozen=True, slots=True)
class _Declared:
    """A release as far as it could be read: its name may be empty, and what it deploys unknown."""

    name: str
    place: Place
    depends_on: Mapping[str, Place]
    release: Release | None

    @classmethod
    def of(cls, found: FoundRecord, release: Release | None) -> _Declared:
        return cls(found.text("name") or "", found.place, dependencies(found), release)

    def after(self, names: Mapping[str, Place]) -> _Declared:
        """Return the same release, depending on more."""
        depends_on = {**names, **self.depends_on}
        release = replace(self.release, depends_on=tuple(depends_on)) if self.release is not None else None
        return replace(self, depends_on=depends_on, release=release)


def _pull_secrets(found: FoundRecord | None) -> PullSecrets:
    if found is None:
        return PullSecrets()
    names, accounts = (tuple(each.text for each in found.texts(key)) for key in ("names", "serviceAccounts"))
    return PullSecrets(names, accounts)


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
