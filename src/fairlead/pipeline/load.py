"""From an environments file to the declared state: reads every file, resolves every path, reports every mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fairlead.domain.config import Declaration
from fairlead.domain.declaring.assembling import (
    Files,
    assemble,
    read_environments_file,
    read_lock_file,
    read_releases_file,
)
from fairlead.domain.declaring.clusters import Machine
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundPath, FoundRecord, PathRequest, paths_in
from fairlead.domain.declaring.lock_files import LockFiles, lock_files_of
from fairlead.domain.declaring.shapes import PathRole
from fairlead.domain.documents import Node
from fairlead.domain.errors import InputError, Problem
from fairlead.doors.paths import Paths
from fairlead.doors.yaml import DECLARED_LIMITS, read_document


@dataclass(frozen=True, slots=True)
class Loaded:
    """The declared state, what was suspicious in it, and the repository it stands in."""

    declaration: Declaration
    warnings: tuple[Problem, ...]
    root: Path


def load(
    environments_file: Path,
    *,
    environ: Mapping[str, str],
    root: Path | None = None,
    overlay: Mapping[str, bytes] | None = None,
) -> Loaded:
    """Read an environments file and everything it leads to. `root` overrides where the repository begins.

    `overlay` are contents that files shall have, by their paths below the root: they are read instead.

    Raises:
        InputError: with every mistake found in any of the files, and the warnings among them.
    """
    paths = replace(Paths.of(environments_file, root=root), overlay=overlay or {})
    if not environments_file.is_file():
        raise InputError(
            Problem(
                "missingFile",
                f"there is no environments file {str(environments_file)!r}",
                remedy="name it with -f, or write one; `fairlead new DIR` makes an example",
            )
        )
    reading = _Reading(paths, Findings())
    files = reading.everything(paths.relative(environments_file))
    declaration = assemble(files, Machine(environ, str(paths.root)), reading.findings)
    return Loaded(declaration, reading.findings.raise_errors(), paths.root)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One load. A file that cannot be read is reported and taken as empty, so that the others are still checked."""

    paths: Paths
    findings: Findings
    resolved: dict[PathRequest, tuple[str, ...]] = field(default_factory=dict)

    def everything(self, file: str) -> Files:
        environments = read_environments_file(self._document(file), file, self.findings)
        releases: dict[str, FoundRecord] = {}
        self._resolve(environments)
        for found in paths_in(environments):
            if found.request.role is PathRole.RELEASES_FILE:
                for path in self.resolved.get(found.request, ()):
                    if path not in releases:
                        releases[path] = self._releases_file(path)
        for release_file in releases.values():
            self._resolve(release_file)
        locks = {
            lock: read_lock_file(self._readable(lock), lock, self.findings)
            for path, found in ((file, environments), *releases.items())
            for lock in lock_files_of(path, found)
            if self.paths.has(lock)
        }
        return Files(file, environments, releases, self.resolved, LockFiles(locks))

    def _releases_file(self, file: str) -> FoundRecord:
        return read_releases_file(self._readable(file), file, self.findings)

    def _readable(self, file: str) -> Node | None:
        try:
            return self._document(file)
        except InputError as error:
            self.findings.add_all(error.problems)
            return None

    def _document(self, file: str) -> Node | None:
        document = read_document(self.paths.read(file, limit=DECLARED_LIMITS.size), file)
        self.findings.add_all(document.problems)
        return document.root

    def _resolve(self, found: FoundRecord) -> None:
        for path in paths_in(found):
            self._resolve_one(path)

    def _resolve_one(self, path: FoundPath) -> None:
        request = path.request
        try:
            self.resolved[request] = self._resolver(request.role)(request.directory, request.text)
        except InputError as error:
            self.findings.add_at(path.place, error.problems)

    def _resolver(self, role: PathRole) -> Callable[[str, str], tuple[str, ...]]:
        match role:
            case PathRole.MANIFESTS:
                return self.paths.manifests
            case PathRole.CHART_DIR | PathRole.KUSTOMIZATION_DIR:
                return lambda directory, text: (self.paths.directory(directory, text),)
            case PathRole.RELEASES_FILE | PathRole.VALUES_FILE:
                return lambda directory, text: (self.paths.file(directory, text),)
