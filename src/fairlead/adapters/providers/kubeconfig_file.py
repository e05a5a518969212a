"""A kubeconfig file of the cluster's own."""

from __future__ import annotations

from fairlead.domain.providers import KubeconfigFile
from fairlead.domain.reaching import Reach


def reach(provider: KubeconfigFile) -> Reach:
    """Return the file and the context in it, its current one when none is named."""
    return Reach(
        contexts=(provider.context,),
        path=provider.path,
        hint="`kubectl config get-contexts --kubeconfig FILE` lists those that exist; name one as `context`",
    )
