"""Whether pods stay within a level of the Pod Security Standards.

https://kubernetes.io/docs/concepts/security/pod-security-standards/, as the admission plugin of Kubernetes 1.36 checks
them. A descriptor may come from somebody who may not do everything in the namespace, so it is checked before anything
is sent; a cluster that enforces a level itself checks again. Windows pods get no exemption.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fairlead.domain.reading import ObjectBody, branch, entries, is_true, text, texts, whole


class Level(StrEnum):
    """How much a pod may do, from most to least."""

    PRIVILEGED = "privileged"
    BASELINE = "baseline"
    RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True)
class Violation:
    """What a pod does that its level forbids. `path` is within the PodSpec, such as `containers[0]`."""

    path: str
    message: str
    remedy: str


_CAPABILITIES: Final = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)
_SYSCTLS: Final = frozenset(
    [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_wmem",
    ]
)
_VOLUMES: Final = frozenset(
    [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ]
)
_SELINUX_TYPES: Final = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
_SECCOMP: Final = frozenset({"RuntimeDefault", "Localhost"})
_HOOKS: Final = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def violations(pod_spec: ObjectBody, level: Level) -> Iterator[Violation]:
    """Yield what a pod does that a level forbids."""
    if level is Level.PRIVILEGED:
        return
    yield from _baseline_pod(pod_spec)
    for path, container in _containers(pod_spec):
        yield from _baseline_container(path, container)
    if level is Level.RESTRICTED:
        yield from _restricted(pod_spec)


def _containers(pod_spec: ObjectBody) -> Iterator[tuple[str, ObjectBody]]:
    for key in ("initContainers", "containers"):
        for number, container in enumerate(entries(pod_spec, key)):
            yield f"{key}[{number}]", container


def _baseline_pod(pod_spec: ObjectBody) -> Iterator[Violation]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if is_true(pod_spec, key):
            yield Violation(key, f"found {key}: the pod would share it with its node", f"remove {key}")
    for number, volume in enumerate(entries(pod_spec, "volumes")):
        if "hostPath" in volume:
            yield Violation(f"volumes[{number}]", "found hostPath: files of the node", "use another kind of volume")
    for number, sysctl in enumerate(entries(pod_spec, "securityContext", "sysctls")):
        if text(sysctl, "name") not in _SYSCTLS:
            path = f"securityContext.sysctls[{number}]"
            yield Violation(path, f"found the sysctl {text(sysctl, 'name')!r}, which is not safe", "remove it")
    yield from _context("securityContext", branch(pod_spec, "securityContext"))


def _baseline_container(path: str, container: ObjectBody) -> Iterator[Violation]:
    context = branch(container, "securityContext")
    where = f"{path}.securityContext"
    if is_true(context, "privileged"):
        yield Violation(where, "found privileged: the container could do everything", "remove privileged")
    added = set(texts(context, "capabilities", "add")) - _CAPABILITIES
    if added:
        yield Violation(where, f"found the capabilities {', '.join(sorted(added))}", "remove them")
    if text(context, "procMount", default="Default") != "Default":
        yield Violation(where, "found procMount, which shows the node", "remove procMount")
    for number, port in enumerate(entries(container, "ports")):
        if whole(port, "hostPort"):
            yield Violation(f"{path}.ports[{number}]", "found hostPort: a port of the node", "remove hostPort")
    for hook in _HOOKS:
        for way in ("httpGet", "tcpSocket"):
            if text(container, *hook, way, "host"):
                inner = f"{path}.{'.'.join(hook)}.{way}"
                yield Violation(inner, "found a host, which the node would ask", "remove host")
    yield from _context(where, context)


def _context(path: str, context: ObjectBody) -> Iterator[Violation]:
    """Yield what neither a pod's nor a container's context may say."""
    if is_true(context, "windowsOptions", "hostProcess"):
        yield Violation(path, "found hostProcess: the process would run on the node", "remove hostProcess")
    if text(context, "seccompProfile", "type") == "Unconfined":
        yield Violation(path, "found an unconfined seccomp profile", "write RuntimeDefault")
    if text(context, "appArmorProfile", "type") == "Unconfined":
        yield Violation(path, "found an unconfined AppArmor profile", "write RuntimeDefault")
    options = branch(context, "seLinuxOptions")
    if text(options, "type") not in _SELINUX_TYPES or text(options, "user") or text(options, "role"):
        yield Violation(path, "found SELinux options that reach beyond a container", "remove them")


def _restricted(pod_spec: ObjectBody) -> Iterator[Violation]:
    for number, volume in enumerate(entries(pod_spec, "volumes")):
        kinds = [key for key, value in volume.items() if key not in ("name", "hostPath") and value is not None]
        if not _VOLUMES.issuperset(kinds):
            yield Violation(f"volumes[{number}]", f"found a volume of {kinds[0]}", "use a PersistentVolumeClaim")
    shared = branch(pod_spec, "securityContext")
    if shared.get("runAsUser") == 0:
        yield Violation("securityContext", "found runAsUser 0, which is root", "choose another user")
    for path, container in _containers(pod_spec):
        yield from _restricted_container(f"{path}.securityContext", branch(container, "securityContext"), shared)


def _restricted_container(path: str, context: ObjectBody, shared: ObjectBody) -> Iterator[Violation]:
    if context.get("allowPrivilegeEscalation") is not False:
        message = "found no `allowPrivilegeEscalation: false`"
        yield Violation(path, message, "add `allowPrivilegeEscalation: false`")
    if not is_true(_own_or(context, shared, "runAsNonRoot"), "runAsNonRoot"):
        yield Violation(path, "found no `runAsNonRoot: true`", "add it here or for the whole pod")
    if context.get("runAsUser") == 0:
        yield Violation(path, "found runAsUser 0, which is root", "choose another user")
    if text(_own_or(context, shared, "seccompProfile"), "seccompProfile", "type") not in _SECCOMP:
        remedy = "add `seccompProfile: {type: RuntimeDefault}` here or for the whole pod"
        yield Violation(path, "found no seccomp profile", remedy)
    if "ALL" not in texts(context, "capabilities", "drop"):
        yield Violation(path, "found capabilities that are not dropped", "add `capabilities: {drop: [ALL]}`")
    if set(texts(context, "capabilities", "add")) - {"NET_BIND_SERVICE"}:
        yield Violation(path, "found added capabilities", "add none but NET_BIND_SERVICE")


def _own_or(context: ObjectBody, shared: ObjectBody, key: str) -> ObjectBody:
    return context if context.get(key) is not None else shared
