"""GitLab's deploy jobs, which find a kubeconfig injected by GitLab. Replaces the provider of every cluster."""

from __future__ import annotations

from fairlead.domain.reaching import GITLAB_ENTRY, Reach


def reach() -> Reach:
    """Return the entries that GitLab injects; there is nothing to run."""
    return Reach(
        entries=(GITLAB_ENTRY, GITLAB_ENTRY),
        hint="run this in a GitLab job whose environment has a cluster, so that KUBECONFIG is set",
    )
