"""Docker Desktop, by the context that it keeps itself.

KubeCD wrote a cluster entry with TLS verification off. Docker Desktop's own entry has a certificate authority, so
that entry is used as it is.
"""

from __future__ import annotations

from fairlead.domain.reaching import Reach


def reach() -> Reach:
    """Return Docker Desktop's own context, under its present or its older name."""
    return Reach(
        contexts=("docker-desktop", "docker-for-desktop"),
        hint="start Docker Desktop and enable Kubernetes in its settings",
    )
