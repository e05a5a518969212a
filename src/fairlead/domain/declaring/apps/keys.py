"""The keys of a descriptor: those of the Amdatu Kubernetes Deployer, older spellings, and what came later."""

from __future__ import annotations

from fairlead.domain.declaring.apps.pod_keys import MOST_PORTS, POD_SPEC
from fairlead.domain.declaring.shapes import Field, Flag, ListOf, MapOf, OneOf, Record, Structure, Text, Whole
from fairlead.domain.declaring.texts import ANY_TEXT, NAMESPACE, OBJECT_NAME

MOST_REPLICAS = 2**31 - 1

# Clients of old send every field, with an empty text for what they do not say.
_NAMESPACE = Text(rf"({NAMESPACE.pattern})?", NAMESPACE.expected)
_OBJECT_NAME = Text(rf"({OBJECT_NAME.pattern})?", OBJECT_NAME.expected)
# A path that climbs would leave the pod, where health is asked through the API server.
_PATH = Text(r"(?!(.*/)?\.\.?(/|$))[^\x00-\x20\x7f?#\\]*", "the path of a URL, without spaces, `.` and `..`")
SPAN = Text(r"0|([0-9]{1,6}(\.[0-9]{1,3})?(ms|s|m|h))+", "a duration such as 0s, 90s, 5m or 24h")
_HEALTH_TYPE = "`probe` posts and wants `healthy: true` in the JSON answer; `simple` gets and wants any 2xx."
_KEPT = "Kept; not yet in effect."
_OTHERS = "Kept for other tools."
_DATA_KEY = Text(r"[A-Za-z0-9._-]{1,253}", "letters, digits, dots, dashes and underscores")
_COUNT = Whole(1, MOST_REPLICAS)
_GATE_NAME = Text(
    r"[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?", "at most 30 lower-case letters, digits and dashes, none at the ends"
)

HEADER = Record(
    "header",
    "A response header",
    (
        Field("Header", Text(r"[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}", "the name of a header"), "Its name.", required=True),
        Field("Value", ANY_TEXT, "Its value.", required=True),
    ),
)
WEBHOOK = Record(
    "webhook",
    "A webhook that other tools start this deployment by",
    (Field("key", ANY_TEXT, "Its key.", required=True), Field("description", ANY_TEXT, "What it is for.")),
)
PARENT = Record(
    "parentRef",
    "A Gateway that leads to the app",
    (
        Field("name", OBJECT_NAME, "Its name.", required=True),
        Field("namespace", NAMESPACE, "Its namespace.", default="the app's"),
        Field("sectionName", OBJECT_NAME, "The name of its listener.", default="each that takes the route"),
        Field("port", Whole(1, MOST_PORTS), "The port of its listener.", default="each that takes the route"),
    ),
)
GATEWAY = Record(
    "gateway",
    "How the Gateway API leads to the app",
    (Field("parentRefs", ListOf(PARENT), "The Gateways.", required=True),),
)
COMPONENT = Record(
    "component",
    "One more workload of the app",
    (
        Field(
            "name",
            Text(r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?", "lower-case letters, digits and dashes, none at the ends"),
            "Its name; its objects are called APP-NAME.",
            required=True,
        ),
        Field("podspec", POD_SPEC, "Its pods.", required=True),
        Field("replicas", Whole(-MOST_REPLICAS, MOST_REPLICAS), "How many pods.", default="1"),
        Field("minReplicas", _COUNT, "The fewest pods that an autoscaler leaves.", default="`replicas`"),
        Field("maxReplicas", _COUNT, "The most pods that an autoscaler makes.", default="no autoscaler"),
    ),
)
CONFIG_MAP = Record(
    "configMap",
    "A ConfigMap that belongs to the version",
    (
        Field("name", OBJECT_NAME, "The name that pods use for it.", required=True),
        Field("data", MapOf(_DATA_KEY, Text()), "Its keys and texts.", required=True),
    ),
)
_TIMEOUT = Field("timeout", SPAN, "How long to try.", default="1m, for a job 5m")
GATE = Record(
    "gate",
    "A check of a new version: exactly one of http, job and webhook",
    (
        Field("name", _GATE_NAME, "Its name, unique among the gates.", required=True),
        Field(
            "http",
            Record(
                "httpGate",
                "A path that has to answer 2xx",
                (
                    Field("path", _PATH, "The path.", required=True),
                    Field("port", Whole(1, MOST_PORTS), "A declared port.", default="the one that traffic goes to"),
                ),
            ),
            "A path of the new version that has to answer 2xx.",
        ),
        Field(
            "job",
            Record("jobGate", "A Job that has to succeed", (Field("podspec", POD_SPEC, "Its pod.", required=True),)),
            "A Job that has to succeed.",
        ),
        Field(
            "webhook",
            Record(
                "webhookGate",
                "A URL that decides",
                (Field("url", Text(r"https?://[^\s\x00-\x1f\x7f@]+", "a URL"), "The URL.", required=True),),
            ),
            "A URL that gets a POST; 2xx lets the version pass, 4xx stops it.",
        ),
        _TIMEOUT,
    ),
    one_of=(OneOf(("http", "job", "webhook"), "gateKind", "name exactly one of http, job and webhook"),),
)
SOAK = Record(
    "soak",
    "How a new version is watched after the switch",
    (
        Field("duration", SPAN, "How long.", required=True),
        Field("gates", ListOf(GATE), "What has to pass meanwhile."),
    ),
)
_RULES = (
    Field("minReady", SPAN, "How long pods have to stay ready before they get traffic.", default="0s"),
    Field(
        "hotFor",
        SPAN,
        "How long the previous version stays at full size, so that going back is one switch; at least 30s.",
        default="10m",
    ),
    Field("warmFor", SPAN, "How long the previous version stays after that, with no pods.", default="24h"),
    Field("drainTimeout", SPAN, "How long open connections may last on the previous version.", default="1m"),
    Field("keepFailed", SPAN, "How long one pod of a failed version stays for inspection.", default="10m"),
    Field("verify", ListOf(GATE), "What has to pass before the switch."),
    Field("soak", SOAK, "How the new version is watched after the switch."),
    Field(
        "autoPromoteAfter",
        Text(rf"never|{SPAN.pattern}", "`never` or a duration such as 5m"),
        "How long a new version waits for `promote` before it gets traffic anyway; `never` waits for ever.",
        default="0s, which does not wait",
    ),
    Field("previewReplicas", _COUNT, "How many pods a new version has before it is promoted.", default="all"),
)
DESCRIPTOR = Record(
    "descriptor",
    "An app that is deployed blue-green",
    (
        Field("id", ANY_TEXT, "Given by the server."),
        Field("created", ANY_TEXT, "Given by the server."),
        Field("lastModified", ANY_TEXT, "Given by the server."),
        Field("deploymentType", Text(r"(blue-green)?", "blue-green"), "The kind of deployment.", default="blue-green"),
        Field("namespace", _NAMESPACE, "The namespace.", default="`default`; in a release file, the release's"),
        Field("appName", ANY_TEXT, "The app's name; dots and underscores become dashes.", default="the release's"),
        Field("newVersion", ANY_TEXT, "The version; `#` for the next number.", required=True),
        Field("podspec", POD_SPEC, "The pods.", required=True),
        Field("replicas", Whole(-MOST_REPLICAS, MOST_REPLICAS), "How many pods.", default="1"),
        Field("minReplicas", _COUNT, "The fewest pods that an autoscaler leaves.", default="`replicas`"),
        Field("maxReplicas", _COUNT, "The most pods that an autoscaler makes.", default="no autoscaler"),
        Field("components", ListOf(COMPONENT), "More workloads, switched together with the app's own."),
        Field("configMaps", ListOf(CONFIG_MAP), "ConfigMaps that each version gets copies of its own of."),
        Field(
            "secrets",
            ListOf(OBJECT_NAME),
            "Secrets of the namespace that each version gets copies of its own of. Others do not roll back.",
        ),
        Field("frontend", ANY_TEXT, "The host name under which the app answers.", default="none"),
        Field("gateway", GATEWAY, "Gateways that lead to the host by an HTTPRoute.", default="an Ingress leads there"),
        Field("ingressClass", _OBJECT_NAME, "The class of the Ingress.", default="the cluster's"),
        Field("tlsSecretName", _OBJECT_NAME, "The Secret with the host's certificate.", default="no TLS"),
        Field("redirectWww", Flag(), f"Whether `www.` leads to the host. {_KEPT}", default="false"),
        Field("useCompression", Flag(), f"Whether answers are compressed. {_KEPT}", default="false"),
        Field("useStickySessions", Flag(), f"Whether a client stays with one pod. {_KEPT}", default="false"),
        Field("additionHttpHeaders", ListOf(HEADER), f"Response headers. {_KEPT}"),
        Field("useHealthCheck", Flag(), "Whether pods are asked for their health.", default="false"),
        Field("ignoreHealthCheck", Flag(), "Whether nobody waits for the answer.", default="false"),
        Field("ignoreReadiness", Flag(), "Whether nobody waits for ready pods either.", default="false"),
        Field("healthCheckPath", _PATH, "The path that is asked.", default="`health`"),
        Field("healthcheckUrl", _PATH, "Older spelling of healthCheckPath."),
        Field("healthCheckPort", Whole(0, MOST_PORTS), "A declared port.", default="`healthcheck`, or the first"),
        Field("healthCheckType", ANY_TEXT, _HEALTH_TYPE, default="probe"),
        Field("useExternalHealthCheck", Flag(), _OTHERS, default="false"),
        Field("externalHealthCheckPath", ANY_TEXT, _OTHERS),
        Field("readinessPort", Whole(0, MOST_PORTS), _OTHERS),
        Field("webhooks", ListOf(WEBHOOK), _OTHERS),
        *_RULES,
        Field("deployedVersion", ANY_TEXT, "Not read.", without_effect="read it from the deployment"),
        Field("deploymentTs", ANY_TEXT, "Not read.", without_effect="read it from the deployment"),
        Field("environment", Structure(), "Not read.", without_effect="use `fairlead env set`"),
        Field("proxyports", ListOf(Whole(0, MOST_PORTS)), "Not read.", without_effect="remove it"),
        Field("email", ANY_TEXT, "Not read, not kept.", without_effect="remove it, and use an API token"),
        Field("password", ANY_TEXT, "Not read, not kept.", without_effect="remove it, and use an API token"),
    ),
)
