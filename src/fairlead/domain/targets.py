"""One release to bring about, with everything the engine needs to know of its declaration."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.config import ChartDir, ChartOci, ChartReference, Environment, Release
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
