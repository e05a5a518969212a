"""A context that is in the operator's kubeconfig already."""

from __future__ import annotations

from fairlead.domain.providers import ExistingContext
from fairlead.domain.reaching import Reach


def reach(provider: ExistingContext) -> Reach:
    """Return the context, found by its exact name on the whole kubeconfig path list."""
    return Reach(
        contexts=(provider.context_name,),
        hint="`kubectl config get-contexts` lists those that exist; write contextName exactly so, or set KUBECONFIG",
    )
