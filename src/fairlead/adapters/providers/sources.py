"""Which kubeconfig files speak for a cluster, and how far they are trusted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fairlead.adapters.providers import gitlab
from fairlead.adapters.providers.technologies import reach_of
from fairlead.domain.config import Cluster
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.kubeconfig import Trust
from fairlead.domain.reaching import Reach
from fairlead.settings import Settings


@dataclass(frozen=True, slots=True)
class Override:
    """What the command line says instead of the provider: a file, a context in it, or both (None: not said).

    `is_current`: there is no provider, and what is not said is the operator's current context.
    """

    kubeconfig: Path | None = None
    context: str | None = None
    is_current: bool = False

    def __bool__(self) -> bool:
        return self.kubeconfig is not None or self.context is not None or self.is_current


@dataclass(frozen=True, slots=True)
class Source:
    """The files to look into, in order of precedence. `named` files must exist, as somebody named them for this."""

    reach: Reach
    files: tuple[Path, ...]
    trust: Trust = Trust.OPERATOR
    named: bool = False

    @property
    def home(self) -> Path:
        """The file that new contexts go to, by kubectl's rule: the first that exists, else the last."""
        return next((file for file in self.files if file.exists()), self.files[-1])


class Sources:
    """Finds the source of each cluster. One override serves one cluster: for several it would be a wrong address."""

    def __init__(self, settings: Settings, *, root: Path, override: Override | None = None) -> None:
        self._settings = settings
        self._root = root.resolve()
        self._override = override or Override()
        self._overridden: str | None = None

    @property
    def repository(self) -> str:
        """The repository's identity in pins: its root's absolute path."""
        return str(self._root)

    def of(self, cluster: Cluster, *, in_gitlab: bool = False) -> Source:
        """Return where to look for a cluster.

        Raises:
            InputError: unfit names, or an override that would have to serve a second cluster.
        """
        if self._override:
            return self._of_override(cluster)
        reach = gitlab.reach() if in_gitlab else reach_of(cluster)
        if reach.path is None:
            return Source(reach, self._settings.kubeconfig)
        file = self._root / reach.path
        return Source(reach, (file,), Trust.FOREIGN if self._in_repository(file) else Trust.OPERATOR, named=True)

    def child_environment(self, source: Source) -> Mapping[str, str]:
        """Return the environment of a credential program: the operator's own, with the files of this source."""
        files = os.pathsep.join(str(file) for file in source.files)
        return {**self._settings.environ, "KUBECONFIG": files, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}

    def _of_override(self, cluster: Cluster) -> Source:
        if self._overridden not in {None, cluster.name}:
            raise InputError(_one_cluster(cluster.name, str(self._overridden)))
        self._overridden = cluster.name
        override = self._override
        files = self._settings.kubeconfig if override.kubeconfig is None else (override.kubeconfig,)
        hint = "name a context that `kubectl config get-contexts` lists"
        return Source(Reach(contexts=(override.context,), hint=hint), files, named=override.kubeconfig is not None)

    def _in_repository(self, file: Path) -> bool:
        # As written and as resolved: a link neither smuggles a file in nor launders one.
        written = Path(os.path.normpath(file))
        return written.is_relative_to(self._root) or file.resolve().is_relative_to(self._root)


def _one_cluster(cluster: str, other: str) -> Problem:
    return Problem(
        code="overrideSpansClusters",
        message=f"--kubeconfig and --context lead to one cluster, but {other!r} and {cluster!r} are both selected",
        remedy="select environments of one cluster, by name or with --cluster",
    )
