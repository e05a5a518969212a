"""The keys of environments files."""

from __future__ import annotations

from fairlead.domain.declaring.cluster_keys import CLUSTER, PROVIDER
from fairlead.domain.declaring.proposal_keys import UPDATES
from fairlead.domain.declaring.release_keys import RELEASE
from fairlead.domain.declaring.shapes import Either, Field, Flag, ListOf, OneOf, PathRole, PathText, Record, Text
from fairlead.domain.declaring.texts import ANY_TEXT, HISTORY, NAME, NAMESPACE, OBJECT_NAME, VARIABLE
from fairlead.domain.declaring.value_keys import VALUE

PULL_SECRETS = Record(
    "pullSecrets",
    "Secrets of the environment's namespace with logins to registries",
    (
        Field("names", ListOf(OBJECT_NAME), "Names of Secrets, as in `imagePullSecrets` of pods."),
        Field("serviceAccounts", ListOf(OBJECT_NAME), "Service accounts whose `imagePullSecrets` count, too."),
    ),
)
ENVIRONMENT = Record(
    "environment",
    "A name for where things run: exactly one of clusterName and provider",
    (
        Field("name", NAME, "Unique name.", required=True),
        Field("clusterName", NAME, "The declared cluster it runs in."),
        Field("provider", PROVIDER, "The cluster it runs in, in the form of the original design document."),
        Field("kubeNamespace", NAMESPACE, "Target namespace.", default="default, with a warning"),
        Field(
            "createNamespace",
            Flag(),
            "Whether the namespace is created when it is missing. It is never deleted.",
            default="false",
        ),
        Field(
            "historyMax",
            HISTORY,
            "How many deployments of each release are remembered; of charts also Helm's revisions. "
            "The last one that succeeded always is.",
            default="10",
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
            "pullSecrets",
            PULL_SECRETS,
            "Secrets of the namespace with logins to registries, for `fairlead poll` where this machine has none.",
        ),
        Field(
            "namespace",
            ANY_TEXT,
            "Read by nothing, as in KubeCD.",
            without_effect="use kubeNamespace for the target namespace, and remove this key",
        ),
    ),
    one_of=(OneOf(("clusterName", "provider"), "clusterOrProvider", "name a declared cluster with clusterName"),),
)
PASSWORD_FROM = Record(
    "passwordFrom",
    "Where a password comes from",
    (Field("env", VARIABLE, "A variable of Fairlead's own environment.", required=True),),
)
HELM_REPO = Record(
    "helmRepo",
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
            ANY_TEXT,
            "Authority of the server's certificate. `$VAR`, `${VAR}` and `${VAR:-default}` are replaced.",
        ),
        Field("certFile", ANY_TEXT, "Client certificate, as caFile."),
        Field("keyFile", ANY_TEXT, "Key of the client certificate, as caFile."),
        Field("username", ANY_TEXT, "User name for basic authentication."),
        Field("passwordFrom", PASSWORD_FROM, "Password for basic authentication."),
    ),
)
COMPAT = Record(
    "compat",
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
    "environmentsFile",
    "A Fairlead environments file",
    (
        Field("clusters", ListOf(CLUSTER), "The clusters."),
        Field("environments", ListOf(ENVIRONMENT), "The environments."),
        Field("helmRepos", ListOf(HELM_REPO), "Helm chart repositories that releases refer to."),
        Field("updates", UPDATES, "How new versions are proposed by `--pr`."),
        Field("compat", COMPAT, "Behaviour of KubeCD to keep."),
        Field(
            "kubeConfig",
            ANY_TEXT,
            "Read by nothing, as in KubeCD.",
            without_effect="use the provider `kubeconfig: {path: ...}`, and remove this key",
        ),
    ),
)
