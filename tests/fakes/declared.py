"""Declared files as texts, turned into the model without a file system: every path leads to what it says."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import dedent

from fairlead.domain.config import Declaration, Environment, Release
from fairlead.domain.declaring.assembling import Files, assemble, read_environments_file, read_releases_file
from fairlead.domain.declaring.clusters import Machine
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord, PathRequest, paths_in
from fairlead.domain.documents import Node
from fairlead.domain.errors import Problem
from fairlead.doors.yaml import read_document

HEAD = """\
clusters: [{name: local, provider: {minikube: {}}}]
helmRepos: [{name: acme, url: "https://charts.acme.test"}]
environments:
  - {name: test, clusterName: local, kubeNamespace: ns, releasesFiles: [apps/apps.yaml]}
"""
MACHINE = Machine({"HOME": "/home/me"}, "/repo")


@dataclass(frozen=True, slots=True)
class Declared:
    """What came of the texts."""

    declaration: Declaration
    problems: tuple[Problem, ...]

    @property
    def codes(self) -> list[str]:
        """The codes of all problems, in the order of the files."""
        return [problem.code for problem in self.problems]

    @property
    def environment(self) -> Environment:
        """The first environment."""
        return self.declaration.environments[0]

    @property
    def release(self) -> Release:
        """The first release of the first environment."""
        return self.environment.releases[0]


def declare(environments: str, files: Mapping[str, str] | None = None, machine: Machine = MACHINE) -> Declared:
    """Read `environments.yaml` and release files by their paths."""
    findings = Findings()
    root = read_environments_file(_node(environments), "environments.yaml", findings)
    releases = {path: read_releases_file(_node(text, path), path, findings) for path, text in (files or {}).items()}
    resolved = {request: paths for found in (root, *releases.values()) for request, paths in _resolved(found)}
    declaration = assemble(Files("environments.yaml", root, releases, resolved), machine, findings)
    return Declared(declaration, findings.problems)


def declare_releases(releases: str, head: str = HEAD) -> Declared:
    """Read one environment whose release file `apps/apps.yaml` has this text."""
    return declare(head, {"apps/apps.yaml": dedent(releases)})


def _node(text: str, file: str = "environments.yaml") -> Node | None:
    return read_document(text.encode(), file).root


def _resolved(found: FoundRecord) -> list[tuple[PathRequest, tuple[str, ...]]]:
    requests = [path.request for path in paths_in(found)]
    return [(each, (posixpath.normpath(posixpath.join(each.directory, each.text)),)) for each in requests]
