"""One release to bring about, with everything the engine needs to know of its declaration."""

from __future__ import annotations

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


def require_tests(target: Target) -> None:
    """Refuse what can have no tests: those are hooks, and an app has none.

    Raises:
        InputError: it is an app (`appHasNoTests`).
    """
    if isinstance(target.release.source, App):
        place = target.release.place
        message = f"the release {target.key} is an app, and apps have no tests"
        remedy = "let `verify` and `soak` of its descriptor test each version on its way"
        raise InputError(
            Problem("appHasNoTests", message, place.file, place.line, place.column, place.path or None, remedy)
        )
