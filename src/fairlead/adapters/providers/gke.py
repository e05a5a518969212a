"""Google Kubernetes Engine, through the `gcloud` program."""

from __future__ import annotations

from fairlead.adapters.providers.names import checked
from fairlead.domain.config import Place
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.providers import Gke
from fairlead.domain.reaching import Reach


def reach(provider: Gke, place: Place) -> Reach:
    """Return how `gcloud container clusters get-credentials` makes the cluster reachable.

    gcloud names cluster, user and context alike: `gke_PROJECT_LOCATION_CLUSTER`.
    """
    project = checked(provider.project, key="project", place=place)
    cluster = checked(provider.cluster_name, key="clusterName", place=place)
    option, location = _location(provider, place)
    entry = f"gke_{project}_{location}_{cluster}"
    command = ("gcloud", "container", "clusters", "get-credentials", "--project", project, option, location, cluster)
    return Reach(programs=(command,), entries=(entry, entry))


def _location(provider: Gke, place: Place) -> tuple[str, str]:
    if provider.zone and not provider.region:
        return "--zone", checked(provider.zone, key="zone", place=place)
    if provider.region and not provider.zone:
        return "--region", checked(provider.region, key="region", place=place)
    raise InputError(
        Problem(
            code="gkeLocation",
            message="a gke cluster has either a zone or a region",
            file=place.file,
            line=place.line,
            column=place.column,
            remedy="give exactly one of them",
        )
    )
