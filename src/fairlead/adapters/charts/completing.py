"""Gives a chart directory the dependencies that it declares and does not hold, as `helm dependency build` would.

What lies in `charts/` is used as it is. What is missing comes from a directory of the repository (`file://`), from a
Helm repository or from a registry, at the version that Chart.lock names. A lock that belongs to another declaration
is an error, and so is a range of versions without a lock: both would deploy something else tomorrow.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from fairlead.adapters.charts.directory import read_directory
from fairlead.adapters.charts.metadata import Dependency, Metadata, lock_digest, read_metadata
from fairlead.adapters.charts.packages import unpack_chart
from fairlead.adapters.charts.remote import Remote
from fairlead.domain.chart_files import ChartFiles
from fairlead.domain.chart_places import is_chart_version
from fairlead.domain.config import ChartOci, ChartReference, HelmRepo
from fairlead.domain.errors import InputError, Problem
from fairlead.doors.paths import Paths

_DEEPEST = 16  # charts that depend on charts


@dataclass(frozen=True, slots=True)
class Completer:
    """Completes the charts of one repository."""

    paths: Paths
    remote: Remote
    repos: tuple[HelmRepo, ...]

    async def completed(self, files: ChartFiles, directory: str, depth: int = 0) -> ChartFiles:
        """Return the files of the chart and of all that it depends on.

        Raises:
            InputError: `chartInvalid`, `lockOutOfSync`, `versionNotExact`, or from the path resolver.
        """
        if depth > _DEEPEST:
            message = f"{directory}: its dependencies lead in a circle"
            raise InputError(Problem("chartInvalid", message, file=directory, remedy="break the circle"))
        metadata = read_metadata(files, where=directory)
        present = _present(files)
        complete = dict(files)
        for dependency in metadata.dependencies:
            if dependency.name not in present:
                present.add(dependency.name)
                complete.update(await self._fetched(dependency, metadata, directory, depth))
        return complete

    async def _fetched(self, dependency: Dependency, metadata: Metadata, directory: str, depth: int) -> ChartFiles:
        repository = dependency.repository
        if repository.startswith("file://"):
            path = posixpath.normpath(posixpath.join(directory, repository.removeprefix("file://")))
            # An absolute path, or one that leaves the repository, is refused by the resolver.
            source = self.paths.directory("", path)
            inner = await self.completed(read_directory(self.paths, source), source, depth + 1)
            return {f"charts/{dependency.name}/{below}": content for below, content in inner.items()}
        version = _exact(dependency, metadata, directory)
        data = await self.remote.archive(self._chart(dependency, version, directory), self.repos)
        return {f"charts/{dependency.name}-{version}.tgz": data}

    def _chart(self, dependency: Dependency, version: str, directory: str) -> ChartReference | ChartOci:
        repository = dependency.repository
        if repository.startswith("oci://"):
            return ChartOci(f"{repository.rstrip('/')}/{dependency.name}", version)
        alias = repository.removeprefix("alias:") if repository.startswith("alias:") else repository.removeprefix("@")
        if alias != repository:
            return ChartReference(f"{alias}/{dependency.name}", version)
        if repository.startswith(("https://", "http://")):
            return ChartReference(f"{repository.rstrip('/')}/{dependency.name}", version)
        message = f"{directory}: the dependency {dependency.name!r} is neither in charts/ nor does it name a repository"
        remedy = "put the chart into charts/, or name its repository in Chart.yaml"
        raise InputError(Problem("chartInvalid", message, file=f"{directory}/Chart.yaml", remedy=remedy))


def _present(files: ChartFiles) -> set[str]:
    """Return the names of the charts that lie in `charts/`, in folders or packaged."""
    names: set[str] = set()
    for path, content in files.items():
        match path.split("/"):
            case ["charts", folder, "Chart.yaml"] if not folder.startswith(("_", ".")):
                names.add(read_metadata({"Chart.yaml": content}, where=f"charts/{folder}").name)
            case ["charts", file] if file.endswith(".tgz"):
                names.add(read_metadata(unpack_chart(content, name=path), where=path).name)
            case _:
                pass
    return names


def _exact(dependency: Dependency, metadata: Metadata, directory: str) -> str:
    lock = metadata.lock
    if lock is not None:
        if lock.digest != lock_digest(metadata.dependencies, lock.dependencies):
            message = f"{directory}: Chart.lock was made for other dependencies than Chart.yaml declares"
            remedy = f"run `helm dependency update {directory}` and commit the new lock"
            raise InputError(Problem("lockOutOfSync", message, file=f"{directory}/Chart.lock", remedy=remedy))
        locked = lock.version_of(dependency)
        if locked is not None and is_chart_version(locked):
            return locked
    if is_chart_version(dependency.version):
        return dependency.version
    message = f"{directory}: found {dependency.version!r} for {dependency.name}, expected an exact version or a lock"
    remedy = f"run `helm dependency update {directory}` and commit Chart.lock, or write an exact version"
    raise InputError(Problem("versionNotExact", message, file=f"{directory}/Chart.yaml", remedy=remedy))
