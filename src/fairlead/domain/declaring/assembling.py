"""Both files together become a `Declaration`.

Nothing here touches a file. `read_file` checks one document; its paths are resolved by the caller, who then hands all
files and resolved paths to `assemble`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from fairlead.domain.config import Cluster, Compat, Declaration, Environment, HelmRepo, Place
from fairlead.domain.declaring.clusters import ClusterReader, Machine, cluster_of_environment
from fairlead.domain.declaring.environment_keys import ENVIRONMENTS_FILE
from fairlead.domain.declaring.environments import EnvironmentReader
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord
from fairlead.domain.declaring.lock_files import LOCK_FILE, LockFiles, check_keys
from fairlead.domain.declaring.proposals import read_proposals
from fairlead.domain.declaring.reading import Reader
from fairlead.domain.declaring.release_keys import RELEASES_FILE
from fairlead.domain.declaring.releases import ResolvedPaths
from fairlead.domain.declaring.shapes import Record
from fairlead.domain.documents import Node
from fairlead.domain.resolving import is_null
from fairlead.domain.suggesting import near

Named = TypeVar("Named", Cluster, Environment, HelmRepo)


@dataclass(frozen=True, slots=True)
class Files:
    """All files that were read, and what their paths lead to. What could not be read or resolved is left out.

    `locks` are the lock files of releases, by their paths.
    """

    file: str
    environments: FoundRecord
    releases: Mapping[str, FoundRecord]
    resolved: ResolvedPaths
    locks: LockFiles = field(default_factory=LockFiles)


def read_environments_file(node: Node | None, file: str, findings: Findings) -> FoundRecord:
    """Check an environments file; an empty one declares nothing, which is an error."""
    if node is None or is_null(node):
        remedy = "declare clusters and environments; `fairlead new DIR` writes an example"
        findings.error(Place(file, 1, 1), "emptyFile", "the file declares nothing", remedy)
    return _read(node, file, ENVIRONMENTS_FILE, findings)


def read_releases_file(node: Node | None, file: str, findings: Findings) -> FoundRecord:
    """Check a release file; an empty one has no releases."""
    return _read(node, file, RELEASES_FILE, findings)


def read_lock_file(node: Node | None, file: str, findings: Findings) -> FoundRecord:
    """Check a lock file; in an empty one nothing is chosen."""
    found = _read(node, file, LOCK_FILE, findings)
    check_keys(found, findings)
    return found


def _read(node: Node | None, file: str, shape: Record, findings: Findings) -> FoundRecord:
    if node is not None and not is_null(node):
        found = Reader(file, findings).read(node, shape)
        if isinstance(found, FoundRecord):
            return found
    return FoundRecord({}, Place(file, 1, 1))


def assemble(files: Files, machine: Machine, findings: Findings) -> Declaration:
    """Give meaning to everything that was read. The result is whole only if `findings` holds no error."""
    root = files.environments
    reader = ClusterReader(findings, machine)
    for key, what in (("clusters", "cluster"), ("helmRepos", "Helm repository"), ("environments", "environment")):
        _check_names(root, key, what=what, findings=findings)
    clusters = _by_name(reader.cluster(item) for item in root.records("clusters"))
    repos = _by_name(reader.helm_repo(item) for item in root.records("helmRepos"))
    places = _Clusters(findings, reader, _names(root, "clusters"), clusters)
    environment_reader = EnvironmentReader(
        findings, files.resolved, _names(root, "helmRepos"), files.releases, files.locks
    )
    environments = _by_name(
        environment_reader.environment(item, places.of(item)) for item in root.records("environments")
    )
    compat = root.record("compat")
    return Declaration(
        file=files.file,
        clusters=tuple(places.known.values()),
        environments=tuple(environments.values()),
        helm_repos=tuple(repos.values()),
        compat=Compat(compat.flag("helmArgumentOrder"), compat.flag("declaredOrder")) if compat else Compat(),
        proposals=read_proposals(root.record("updates"), findings),
    )


@dataclass(frozen=True, slots=True)
class _Clusters:
    """The clusters known so far; environments that name a provider themselves add theirs.

    `written` are the declared names, also of clusters that have mistakes.
    """

    findings: Findings
    reader: ClusterReader
    written: frozenset[str]
    known: dict[str, Cluster]

    def of(self, environment: FoundRecord) -> Cluster | None:
        """Return the cluster of an environment."""
        provider = self.reader.provider(environment.record("provider"))
        if provider is not None:
            cluster = cluster_of_environment(provider, environment.at("provider"))
            return self.known.setdefault(cluster.name, cluster)
        name = environment.text("clusterName")
        if name is not None and name not in self.written:
            self.findings.error(
                environment.at("clusterName"),
                "undefinedCluster",
                f"the cluster {name!r} is not declared",
                near(name, self.written, otherwise="declare it in `clusters`"),
            )
        return self.known.get(name or "")


def _names(root: FoundRecord, key: str) -> frozenset[str]:
    """Return the declared names, also of things that have mistakes."""
    return frozenset(name for item in root.records(key) if (name := item.text("name")))


def _check_names(root: FoundRecord, key: str, *, what: str, findings: Findings) -> None:
    first: dict[str, FoundRecord] = {}
    for item in root.records(key):
        name = item.text("name")
        earlier = first.setdefault(name, item) if name is not None else item
        if earlier is not item:
            message = f"the {what} {name!r} is declared a second time, first in line {earlier.place.line}"
            findings.error(item.place, "duplicateName", message, "give one of them another name")


def _by_name(items: Iterable[Named | None]) -> dict[str, Named]:
    """Return what could be read; of one name the first."""
    found: dict[str, Named] = {}
    for item in items:
        if item is not None:
            found.setdefault(item.name, item)
    return found
