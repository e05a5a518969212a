"""The keys of clusters and their providers."""

from __future__ import annotations

from fairlead.domain.declaring.shapes import Field, ListOf, OneOf, Record
from fairlead.domain.declaring.texts import ANY_TEXT, NAME, WORD

GKE = Record(
    "gke",
    "Google Kubernetes Engine",
    (
        Field("project", WORD, "Google Cloud project.", required=True),
        Field("clusterName", WORD, "Name of the cluster in the project.", required=True),
        Field("zone", WORD, "Zone of a zonal cluster."),
        Field("region", WORD, "Region of a regional cluster."),
    ),
    one_of=(
        OneOf(("zone", "region"), "zoneOrRegion", "keep `zone` for a zonal cluster or `region` for a regional one"),
    ),
)
AKS = Record(
    "aks",
    "Azure Kubernetes Service",
    (
        Field("resourceGroup", WORD, "Azure resource group.", required=True),
        Field("clusterName", WORD, "Name of the cluster in the group.", required=True),
    ),
)
EXISTING_CONTEXT = Record(
    "existingContext",
    "A context of the operator's kubeconfig",
    (Field("contextName", ANY_TEXT, "Exact name of the context.", required=True),),
)
KUBECONFIG = Record(
    "kubeconfig",
    "A kubeconfig file",
    (
        Field("path", ANY_TEXT, "Path of the kubeconfig file; relative to this file, or absolute.", required=True),
        Field("context", ANY_TEXT, "Context in that file.", default="its current context"),
    ),
)
PROVIDER = Record(
    "provider",
    "How a cluster is reached: exactly one of these",
    (
        Field("gke", GKE, "Google Kubernetes Engine, credentials through gcloud."),
        Field("aks", AKS, "Azure Kubernetes Service, credentials through az."),
        Field("minikube", Record("minikube", "Minikube", ()), "The local minikube cluster. Write `minikube: {}`."),
        Field(
            "dockerForDesktop",
            Record("dockerForDesktop", "Docker Desktop", ()),
            "Docker Desktop's cluster. Write `dockerForDesktop: {}`.",
        ),
        Field("existingContext", EXISTING_CONTEXT, "A context of the operator's kubeconfig."),
        Field("kubeconfig", KUBECONFIG, "A kubeconfig file and a context in it."),
    ),
    one_of=(
        OneOf(
            ("gke", "aks", "minikube", "dockerForDesktop", "existingContext", "kubeconfig"),
            "providerCount",
            "name exactly one provider; one without settings needs an empty mapping, as in `minikube: {}`",
        ),
    ),
)
PARAMETER = Record(
    "parameter",
    "A named fact about a cluster",
    (
        Field("name", ANY_TEXT, "Name that `nameFrom.clusterParam` refers to.", required=True),
        Field("value", ANY_TEXT, "Its text.", required=True),
    ),
)
CLUSTER = Record(
    "cluster",
    "A Kubernetes API endpoint",
    (
        Field("name", NAME, "Unique name that environments refer to.", required=True),
        Field("provider", PROVIDER, "How the cluster is reached.", required=True),
        Field("parameters", ListOf(PARAMETER), "Facts about the cluster that values may refer to."),
    ),
)
