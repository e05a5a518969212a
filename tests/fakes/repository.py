"""A repository of declared files, written from texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from fairlead.domain.config import Declaration, Environment, Release
from fairlead.domain.errors import InputError, Problem
from fairlead.pipeline.load import Loaded, load

CLUSTERS = """
clusters:
  - {name: local, provider: {minikube: {}}}
"""


def write_files(root: Path, files: Mapping[str, str]) -> None:
    """Write files below a directory; a name that ends in a slash is an empty directory."""
    for name, text in files.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")


def load_files(root: Path, files: Mapping[str, str], environ: Mapping[str, str] | None = None) -> Loaded:
    """Write a repository and load its `environments.yaml`."""
    (root / ".git").mkdir(exist_ok=True)
    write_files(root, files)
    return load(root / "environments.yaml", environ=environ or {})


def problems_of(root: Path, files: Mapping[str, str], environ: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    """Return everything that loading complains of, warnings included."""
    try:
        return load_files(root, files, environ).warnings
    except InputError as error:
        return error.problems


def one_environment(releases: str, *, more: str = "", clusters: str = CLUSTERS) -> dict[str, str]:
    """Return a repository of one environment whose releases file has this text."""
    environments = (
        clusters
        + dedent(more)
        + "environments:\n  - {name: test, clusterName: local, kubeNamespace: ns, releasesFiles: [apps.yaml]}\n"
    )
    return {"environments.yaml": environments, "apps.yaml": dedent(releases), "m.yaml": "", "chart/": ""}


def only_environment(declaration: Declaration) -> Environment:
    """Return the one environment."""
    (environment,) = declaration.environments
    return environment


def release_named(environment: Environment, name: str) -> Release:
    """Return a release by its name."""
    return next(release for release in environment.releases if release.name == name)
