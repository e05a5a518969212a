"""One release to bring about, with everything the engine needs to know of its declaration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.domain.config import App, ChartDir, ChartOci, ChartReference, Environment, Release
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import ReleaseKey


@dataclass(frozen=True, slots=True)
class Target:
    """A declared release and the place it goes to."""

    environment: Environment
    release: Release

    @property
    def key(self) -> ReleaseKey:
        """Which release, and where: the release's own namespace wins over the environment's."""
        return ReleaseKey(
            self.environment.name,
            self.environment.cluster,
            self.release.namespace or self.environment.namespace,
            self.release.name,
        )

    @property
    def is_chart(self) -> bool:
        """Whether the release is a Helm chart, which decides marks and field manager."""
        return isinstance(self.release.source, ChartDir | ChartReference | ChartOci)


def require_no_apps(targets: Iterable[Target]) -> None:
    """Refuse apps where releases are planned, applied and remembered: they follow each other by a machine of their own.

    Raises:
        InputError: an app is among them (`appRelease`).
    """
    problems = [_refused(target) for target in targets if isinstance(target.release.source, App)]
    if problems:
        raise InputError(problems)


def _refused(target: Target) -> Problem:
    release, place = target.release, target.release.place
    message = f"the release {target.key} is an app, which this command does not know"
    remedy = (
        f"deploy it with `fairlead deploy --release {release.name} -e {target.environment.name}`, "
        "see it with `fairlead units`, and choose the other releases with -r"
    )
    return Problem("appRelease", message, place.file, place.line, place.column, place.path or None, remedy)
