"""The parts of a PodSpec that we use ourselves. Everything else is passed on; the API server knows what it means."""

from __future__ import annotations

from fairlead.domain.declaring.shapes import Field, Flag, ListOf, MapOf, Record, Shape, Structure, Text, Whole

MOST_PORTS = 65535

EXACT = Text(expected="a text in quotes", exact=True)
PORT = Whole(1, MOST_PORTS)
_OBJECT_NAME = Text(
    r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?",
    "a Kubernetes object name: lower-case letters, digits, dots and dashes",
    exact=True,
)
_ANY_LIST = ListOf(Structure())


def _open(name: str, title: str, *fields: Field) -> Record:
    return Record(name, title, fields, open=True)


def _field(key: str, shape: Shape, description: str, *, required: bool = False) -> Field:
    return Field(key, shape, description, required=required)


_NAMED = _open("objectReference", "The name of an object", _field("name", _OBJECT_NAME, "Name of the object."))
_SECRET_VOLUME = _open("secretVolume", "A Secret as files", _field("secretName", _OBJECT_NAME, "Name of the Secret."))
_SOURCE = _open(
    "projectedSource",
    "One source of a projected volume",
    _field("configMap", _NAMED, "A ConfigMap."),
    _field("secret", _NAMED, "A Secret."),
)
_PROJECTED = _open("projected", "Several sources as files", _field("sources", ListOf(_SOURCE), "The sources."))
_VOLUME = _open(
    "volume",
    "A volume of a pod",
    _field("name", EXACT, "Its name.", required=True),
    _field("configMap", _NAMED, "A ConfigMap as files."),
    _field("secret", _SECRET_VOLUME, "A Secret as files."),
    _field("projected", _PROJECTED, "Several sources as files."),
)
_VALUE_FROM = _open(
    "envValueFrom",
    "Where the value of a variable comes from",
    _field("configMapKeyRef", _NAMED, "A key of a ConfigMap."),
    _field("secretKeyRef", _NAMED, "A key of a Secret."),
)
_ENV = _open(
    "env",
    "An environment variable of a container",
    _field("name", EXACT, "Its name.", required=True),
    _field("value", EXACT, "Its value."),
    _field("valueFrom", _VALUE_FROM, "Where the value comes from."),
)
_ENV_FROM = _open(
    "envFrom",
    "All keys of an object as environment variables",
    _field("configMapRef", _NAMED, "A ConfigMap."),
    _field("secretRef", _NAMED, "A Secret."),
)
_CONTAINER_PORT = _open(
    "containerPort",
    "A port that a container listens on",
    _field("containerPort", PORT, "Its number.", required=True),
    _field("name", Text(r"(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?", "a port name", exact=True), "Its name."),
    _field(
        "protocol",
        Text(choices=("TCP", "UDP", "SCTP"), expected="TCP, UDP or SCTP", exact=True),
        "TCP unless it says otherwise.",
    ),
    _field("hostPort", Whole(0, MOST_PORTS), "Port of the node that leads here."),
)
_CAPABILITIES = _open(
    "capabilities",
    "Capabilities of a container",
    _field("add", ListOf(EXACT), "Those added."),
    _field("drop", ListOf(EXACT), "Those dropped."),
)
_SECCOMP = _open("seccompProfile", "A seccomp profile", _field("type", EXACT, "Its type."))
_SECURITY_FIELDS = (
    _field("runAsNonRoot", Flag(), "Whether root is refused."),
    _field("runAsUser", Whole(0, 2**31 - 1), "The user."),
    _field("seccompProfile", _SECCOMP, "The seccomp profile."),
    _field("seLinuxOptions", Structure(), "SELinux options."),
    _field("appArmorProfile", _SECCOMP, "The AppArmor profile."),
    _field("windowsOptions", Structure(), "What Windows nodes do."),
)
_CONTAINER_SECURITY = _open(
    "containerSecurity",
    "What a container may do",
    *_SECURITY_FIELDS,
    _field("privileged", Flag(), "Whether it may do everything."),
    _field("allowPrivilegeEscalation", Flag(), "Whether a process may gain rights."),
    _field("procMount", EXACT, "How /proc is mounted."),
    _field("capabilities", _CAPABILITIES, "Its capabilities."),
)
_POD_SECURITY = _open(
    "podSecurity",
    "What the containers of a pod may do",
    *_SECURITY_FIELDS,
    _field("sysctls", ListOf(_open("sysctl", "A sysctl", _field("name", EXACT, "Its name."))), "Sysctls."),
)
CONTAINER = _open(
    "container",
    "A container of a pod",
    _field("name", EXACT, "Its name, unique in the pod.", required=True),
    _field(
        "image",
        Text(r"\S+", "the name of an image, as registry.example/app:1.0", exact=True),
        "Its image.",
        required=True,
    ),
    _field("ports", ListOf(_CONTAINER_PORT), "Ports that it listens on; each becomes a port of the Service."),
    _field("env", ListOf(_ENV), "Environment variables; those of the deployment follow."),
    _field("envFrom", ListOf(_ENV_FROM), "Objects whose keys become variables."),
    _field("securityContext", _CONTAINER_SECURITY, "What it may do."),
    _field("imagePullPolicy", EXACT, "Always unless it says otherwise."),
)
POD_SPEC = _open(
    "podspec",
    "A Kubernetes PodSpec; the API server checks what is not listed here",
    _field("containers", ListOf(CONTAINER), "The containers; at least one.", required=True),
    _field("initContainers", ListOf(CONTAINER), "Containers that run before."),
    _field("ephemeralContainers", _ANY_LIST, "Not allowed in what is deployed."),
    _field("volumes", ListOf(_VOLUME), "Volumes."),
    _field("imagePullSecrets", ListOf(_NAMED), "Secrets with logins for registries."),
    _field("serviceAccountName", _OBJECT_NAME, "The account of the pods."),
    _field("serviceAccount", _OBJECT_NAME, "Former name of serviceAccountName."),
    _field("hostNetwork", Flag(), "Whether the pods share the node's network."),
    _field("hostPID", Flag(), "Whether the pods see the node's processes."),
    _field("hostIPC", Flag(), "Whether the pods share the node's memory."),
    _field("securityContext", _POD_SECURITY, "What the containers may do."),
    _field("restartPolicy", EXACT, "Always."),
    _field("dnsPolicy", EXACT, "ClusterFirst unless it says otherwise."),
    _field("nodeSelector", MapOf(EXACT, EXACT), "Labels of the nodes to run on."),
)
