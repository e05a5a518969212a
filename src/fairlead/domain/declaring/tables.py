"""The keys of both files: names, types, meaning. Every rule that needs no other file stands here."""

from __future__ import annotations

from fairlead.domain.declaring.shapes import (
    Either,
    Field,
    Flag,
    ListOf,
    MapOf,
    OneOf,
    PathRole,
    PathText,
    Record,
    Structure,
    Text,
)

TRACKS = ("PatchLevel", "MinorVersion", "MajorVersion", "Newest")

# A leading dash would be an option to the program that gets the text as an argument.
_WORD = Text(r"[^-\s\x00-\x1f\x7f][^\s\x00-\x1f\x7f]*", "a word without spaces that does not start with a dash")
_NAME = Text(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}",
    "letters, digits, dots, dashes and underscores, starting with a letter or digit",
)
_RELEASE_NAME = Text(
    r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?", "at most 53 lower-case letters, digits and dashes, none at the ends"
)
_NAMESPACE = Text(
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "at most 63 lower-case letters, digits and dashes, none at the ends"
)
_OBJECT_NAME = Text(
    r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", "a Kubernetes object name: lower-case letters, digits, dots and dashes"
)
_SECRET_KEY = Text(r"[A-Za-z0-9._-]{1,253}", "letters, digits, dots, dashes and underscores")
_VARIABLE = Text(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable")
_LABEL = r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)"
_LABEL_KEY = Text(rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_LABEL}", "a Kubernetes label key")
_LABEL_VALUE = Text(rf"{_LABEL}?", "a Kubernetes label value: at most 63 letters, digits, dots, dashes and underscores")
_DURATION = Text(r"([0-9]{1,6}(\.[0-9]{1,3})?(ms|s|m|h))+", "a duration such as 90s, 5m or 1h30m")
_TEXT = Text()

GKE = Record(
    "Google Kubernetes Engine",
    (
        Field("project", _WORD, "Google Cloud project.", required=True),
        Field("clusterName", _WORD, "Name of the cluster in the project.", required=True),
        Field("zone", _WORD, "Zone of a zonal cluster."),
        Field("region", _WORD, "Region of a regional cluster."),
    ),
    one_of=(
        OneOf(("zone", "region"), "zoneOrRegion", "keep `zone` for a zonal cluster or `region` for a regional one"),
    ),
)
AKS = Record(
    "Azure Kubernetes Service",
    (
        Field("resourceGroup", _WORD, "Azure resource group.", required=True),
        Field("clusterName", _WORD, "Name of the cluster in the group.", required=True),
    ),
)
EXISTING_CONTEXT = Record(
    "A context of the operator's kubeconfig",
    (Field("contextName", _TEXT, "Exact name of the context.", required=True),),
)
KUBECONFIG = Record(
    "A kubeconfig file",
    (
        Field("path", _TEXT, "Path of the kubeconfig file; relative to this file, or absolute.", required=True),
        Field("context", _TEXT, "Context in that file.", default="its current context"),
    ),
)
PROVIDER = Record(
    "How a cluster is reached: exactly one of these",
    (
        Field("gke", GKE, "Google Kubernetes Engine, credentials through gcloud."),
        Field("aks", AKS, "Azure Kubernetes Service, credentials through az."),
        Field("minikube", Record("Minikube", ()), "The local minikube cluster. Write `minikube: {}`."),
        Field(
            "dockerForDesktop", Record("Docker Desktop", ()), "Docker Desktop's cluster. Write `dockerForDesktop: {}`."
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
    "A named fact about a cluster",
    (
        Field("name", _TEXT, "Name that `nameFrom.clusterParam` refers to.", required=True),
        Field("value", _TEXT, "Its text.", required=True),
    ),
)
CLUSTER = Record(
    "A Kubernetes API endpoint",
    (
        Field("name", _NAME, "Unique name that environments refer to.", required=True),
        Field("provider", PROVIDER, "How the cluster is reached.", required=True),
        Field("parameters", ListOf(PARAMETER), "Facts about the cluster that values may refer to."),
    ),
)

SECRET_REF = Record(
    "A key of a Kubernetes Secret in the environment's namespace",
    (
        Field("name", _OBJECT_NAME, "Name of the Secret.", required=True),
        Field("key", _SECRET_KEY, "Key in its data.", required=True),
    ),
)
CLUSTER_PARAM = Record(
    "A name taken from elsewhere",
    (Field("clusterParam", _TEXT, "Name of one of the cluster's parameters.", required=True),),
)
GCE_ADDRESS = Record(
    "An address reserved in Google Compute Engine",
    (
        Field("name", _WORD, "Name of the address."),
        Field("nameFrom", CLUSTER_PARAM, "Takes the name of the address from the cluster."),
        Field("isGlobal", Flag(), "Whether the address is global instead of the cluster's region's.", default="false"),
    ),
    one_of=(OneOf(("name", "nameFrom"), "addressName", "name the address with `name` or with `nameFrom`"),),
)
GCE_RESOURCE = Record(
    "A resource in Google Compute Engine", (Field("address", GCE_ADDRESS, "A reserved address.", required=True),)
)
VALUE_FROM = Record(
    "Where a value comes from: exactly one of these",
    (
        Field("gceResource", GCE_RESOURCE, "Looked up with the gcloud program, in the cluster's project and region."),
        Field("secretRef", SECRET_REF, "A Kubernetes Secret that exists. Its value is never shown."),
        Field("env", _VARIABLE, "A variable of Fairlead's own environment. Its value is never shown."),
    ),
    one_of=(
        OneOf(("gceResource", "secretRef", "env"), "valueSource", "name exactly one of gceResource, secretRef and env"),
    ),
)
VALUE_TYPES = ("string", "integer", "number", "boolean", "json")
VALUE = Record(
    "A Helm value",
    (
        Field(
            "key",
            _TEXT,
            r"Helm's path syntax: dots between names, `\.` for a dot in a name, `[0]` for a list item.",
            required=True,
        ),
        Field(
            "value",
            Structure(),
            "The value. Its source text counts, so `1.10` stays `1.10`; lists and mappings need `type: json`.",
        ),
        Field(
            "type",
            Text(choices=VALUE_TYPES, expected="a value type"),
            "What the text of `value` becomes.",
            default="string",
        ),
        Field("valueFrom", VALUE_FROM, "Takes the value from elsewhere."),
    ),
    one_of=(
        OneOf(("value", "valueFrom"), "valueOrValueFrom", "write `value` or `valueFrom`; an empty text is `value: ''`"),
    ),
)

CHART = Record(
    "A Helm chart: exactly one of dir and reference",
    (
        Field("dir", PathText(PathRole.CHART_DIR), "Directory of a chart in the repository, relative to this file."),
        Field("reference", _WORD, "`REPO/CHART` of a declared Helm repository, or `oci://HOST/PATH`."),
        Field("version", _WORD, "Version of the chart; required with `reference`."),
    ),
    one_of=(OneOf(("dir", "reference"), "chartSource", "name the chart with `dir` or with `reference` and `version`"),),
)
KUSTOMIZE = Record(
    "A kustomization",
    (
        Field(
            "dir",
            PathText(PathRole.KUSTOMIZATION_DIR),
            "Directory of the kustomization, relative to this file.",
            required=True,
        ),
    ),
)
_TRACK = Field(
    "track", Text(choices=TRACKS, expected="a track"), "Which new versions are wanted. Without it nothing is offered."
)
IMAGE_TRIGGER = Record(
    "Watches an image",
    (
        _TRACK,
        Field("repoValue", _TEXT, "Value that holds the image's repository.", default="image.repository"),
        Field("tagValue", _TEXT, "Value that holds the image's tag.", default="image.tag"),
        Field("repoPrefixValue", _TEXT, "Value that is put in front of the repository.", default="image.prefix"),
    ),
)
CHART_TRIGGER = Record("Watches the versions of the release's chart", (_TRACK,))
TRIGGER = Record(
    "What new versions a release wants: exactly one of these",
    (
        Field("image", IMAGE_TRIGGER, "Watches an image."),
        Field("chart", CHART_TRIGGER, "Watches the release's chart."),
    ),
    one_of=(OneOf(("image", "chart"), "triggerKind", "name exactly one of image and chart"),),
    former=(
        ("helm", "write `chart:` instead of `helm:`"),
        ("github", "remove it: it never had an effect"),
    ),
)
IGNORE_FIELDS = Record(
    "Declared fields that are left to others",
    (
        Field("kind", _WORD, "Kind of the objects.", required=True),
        Field("name", _OBJECT_NAME, "Name of one object.", default="all objects of the kind"),
        Field(
            "paths",
            ListOf(Text(r"/.+", "a JSON Pointer such as /spec/replicas")),
            "JSON Pointers of the fields.",
            required=True,
        ),
    ),
)
PATCH_TARGET = Record(
    "The objects a patch is for",
    (
        Field("kind", _WORD, "Kind of the objects.", default="every kind"),
        Field("name", _OBJECT_NAME, "Name of one object.", default="every name"),
    ),
)
PATCH = Record(
    "A change to rendered objects",
    (
        Field(
            "target",
            PATCH_TARGET,
            "The objects to change. A strategic merge patch may name them itself, by kind and metadata.name.",
        ),
        Field(
            "patch",
            Structure(),
            "A mapping is a strategic merge patch, a list is a JSON patch (RFC 6902).",
            required=True,
        ),
    ),
)

RELEASE = Record(
    "One deployable thing: exactly one of chart, resourceFiles and kustomize",
    (
        Field("name", _RELEASE_NAME, "Unique in its environment; the Helm release's name.", required=True),
        Field("chart", CHART, "A Helm chart."),
        Field(
            "resourceFiles",
            ListOf(PathText(PathRole.MANIFESTS)),
            "Manifest files, directories of them or globs, relative to this file.",
        ),
        Field("kustomize", KUSTOMIZE, "A kustomization, built with the kustomize or kubectl program."),
        Field("valuesFile", PathText(PathRole.VALUES_FILE), "Helm values file, relative to this file."),
        Field("values", ListOf(VALUE), "Helm values; they win over every file."),
        Field("trigger", TRIGGER, "Shorthand for one more item of `triggers`."),
        Field("triggers", ListOf(TRIGGER), "What new versions the release wants. No effect on deploying."),
        Field(
            "skipDefaultValues",
            Flag(),
            "Leaves out the environment's defaultValuesFile and defaultValues.",
            default="false",
        ),
        Field("dependsOn", ListOf(_RELEASE_NAME), "Releases of the same environment that must be healthy first."),
        Field("namespace", _NAMESPACE, "Target namespace.", default="the environment's"),
        Field("timeout", _DURATION, "How long the release may take to become healthy.", default="5m"),
        Field("wait", Flag(), "Whether to wait until the release is healthy.", default="true"),
        Field("prune", Flag(), "Whether objects that are no longer declared are deleted.", default="true"),
        Field("ignoreFields", ListOf(IGNORE_FIELDS), "Declared fields that are left to others, such as autoscalers."),
        Field("patches", ListOf(PATCH), "Changes to the rendered objects, in order."),
        Field("labels", MapOf(_LABEL_KEY, _LABEL_VALUE), "Labels to select releases by."),
    ),
    one_of=(
        OneOf(
            ("chart", "resourceFiles", "kustomize"),
            "releaseKind",
            "give the release exactly one of chart, resourceFiles and kustomize",
        ),
    ),
)
RELEASES_FILE = Record(
    "A Fairlead release file",
    (
        Field(
            "resourceFiles",
            ListOf(PathText(PathRole.MANIFESTS)),
            "Manifests that are applied before the file's releases, as a release of their own.",
        ),
        Field("releases", ListOf(RELEASE), "The releases."),
    ),
    former=(("resourceDependencies", "remove it: it never had an effect"),),
)

ENVIRONMENT = Record(
    "A name for where things run: exactly one of clusterName and provider",
    (
        Field("name", _NAME, "Unique name.", required=True),
        Field("clusterName", _NAME, "The declared cluster it runs in."),
        Field("provider", PROVIDER, "The cluster it runs in, in the form of the original design document."),
        Field("kubeNamespace", _NAMESPACE, "Target namespace.", default="default, with a warning"),
        Field(
            "createNamespace",
            Flag(),
            "Whether the namespace is created when it is missing. It is never deleted.",
            default="false",
        ),
        Field("releasesFiles", ListOf(PathText(PathRole.RELEASES_FILE)), "Release files, relative to this file."),
        Field(
            "releases",
            ListOf(Either(PathText(PathRole.RELEASES_FILE), RELEASE)),
            "Releases written here, or paths of release files.",
        ),
        Field(
            "defaultValuesFile",
            PathText(PathRole.VALUES_FILE),
            "Helm values file for every chart, relative to this file.",
        ),
        Field("defaultValues", ListOf(VALUE), "Helm values for every chart."),
        Field(
            "namespace",
            _TEXT,
            "Read by nothing, as in KubeCD.",
            without_effect="use kubeNamespace for the target namespace, and remove this key",
        ),
    ),
    one_of=(OneOf(("clusterName", "provider"), "clusterOrProvider", "name a declared cluster with clusterName"),),
)
PASSWORD_FROM = Record(
    "Where a password comes from",
    (Field("env", _VARIABLE, "A variable of Fairlead's own environment.", required=True),),
)
HELM_REPO = Record(
    "A Helm chart repository",
    (
        Field(
            "name",
            Text(r"[A-Za-z0-9][A-Za-z0-9._-]*", "letters, digits, dots, dashes and underscores"),
            "Unique name, the first part of `chart.reference`.",
            required=True,
        ),
        Field(
            "url",
            Text(r"(https?|oci)://[^\s/@]+(/\S*)?", "an https://, http:// or oci:// URL without a user name"),
            "Address of the repository.",
            required=True,
        ),
        Field(
            "caFile",
            _TEXT,
            "Authority of the server's certificate. `$VAR`, `${VAR}` and `${VAR:-default}` are replaced.",
        ),
        Field("certFile", _TEXT, "Client certificate, as caFile."),
        Field("keyFile", _TEXT, "Key of the client certificate, as caFile."),
        Field("username", _TEXT, "User name for basic authentication."),
        Field("passwordFrom", PASSWORD_FROM, "Password for basic authentication."),
    ),
)
COMPAT = Record(
    "Behaviour of KubeCD to keep",
    (
        Field(
            "helmArgumentOrder", Flag(), "Inline values win over all values files, whoever gives them.", default="false"
        ),
        Field(
            "declaredOrder",
            Flag(),
            "Releases are deployed one after the other in the order of the files.",
            default="false",
        ),
    ),
)
ENVIRONMENTS_FILE = Record(
    "A Fairlead environments file",
    (
        Field("clusters", ListOf(CLUSTER), "The clusters."),
        Field("environments", ListOf(ENVIRONMENT), "The environments."),
        Field("helmRepos", ListOf(HELM_REPO), "Helm chart repositories that releases refer to."),
        Field("compat", COMPAT, "Behaviour of KubeCD to keep."),
        Field(
            "kubeConfig",
            _TEXT,
            "Read by nothing, as in KubeCD.",
            without_effect="use the provider `kubeconfig: {path: ...}`, and remove this key",
        ),
    ),
)
