"""minikube, by the context that it keeps itself."""

from __future__ import annotations

from fairlead.domain.reaching import Reach


def reach() -> Reach:
    """Return minikube's own context; there is nothing to run."""
    return Reach(entries=("minikube", "minikube"), contexts=("minikube",), hint="run `minikube start`")
