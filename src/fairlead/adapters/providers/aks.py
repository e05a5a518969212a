"""Azure Kubernetes Service, through the `az` program."""

from __future__ import annotations

from fairlead.adapters.providers.names import checked
from fairlead.domain.config import Place
from fairlead.domain.providers import Aks
from fairlead.domain.reaching import Reach


def reach(provider: Aks, place: Place) -> Reach:
    """Return how `az aks get-credentials` makes the cluster reachable.

    az names the cluster after itself and the user `clusterUser_GROUP_CLUSTER`. `--overwrite-existing` because az
    otherwise asks on the terminal; that two resource groups may hold clusters of one name is what pins are for.
    """
    group = checked(provider.resource_group, key="resourceGroup", place=place)
    cluster = checked(provider.cluster_name, key="clusterName", place=place)
    command = ("az", "aks", "get-credentials", "--resource-group", group, "--name", cluster, "--overwrite-existing")
    return Reach(programs=(command,), entries=(cluster, f"clusterUser_{group}_{cluster}"))
