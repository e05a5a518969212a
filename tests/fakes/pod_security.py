"""Pods, each with the strictest level of the Pod Security Standards that it keeps to."""

from __future__ import annotations

from typing import Any

from fairlead.domain.apps.pod_security import Level

GOOD: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
    "capabilities": {"drop": ["ALL"]},
}


def pod(
    context: dict[str, Any] | None = None, /, *, shared: dict[str, Any] | None = None, **spec: Any
) -> dict[str, Any]:
    """Return a PodSpec whose one container has a security context, and the pod another."""
    container = {"name": "a", "image": "a:1", "securityContext": GOOD if context is None else context}
    return {"containers": [container], **({"securityContext": shared} if shared is not None else {}), **spec}


def with_context(**changes: Any) -> dict[str, Any]:
    return pod({**GOOD, **changes})


def without(*keys: str, **shared: Any) -> dict[str, Any]:
    return pod({key: value for key, value in GOOD.items() if key not in keys}, shared=shared)


def with_container(**changes: Any) -> dict[str, Any]:
    made = pod()
    made["containers"][0] |= changes
    return made


def with_volume(**source: Any) -> dict[str, Any]:
    return pod(volumes=[{"name": "v", **source}])


PRIVILEGED, BASELINE, RESTRICTED = Level.PRIVILEGED, Level.BASELINE, Level.RESTRICTED
CASES: dict[str, tuple[dict[str, Any], Level]] = {
    "good": (pod(), RESTRICTED),
    "nothing said": (pod({}), BASELINE),
    "escalation not said": (without("allowPrivilegeEscalation"), BASELINE),
    "escalation": (with_context(allowPrivilegeEscalation=True), BASELINE),
    "non-root not said": (without("runAsNonRoot"), BASELINE),
    "non-root for the pod": (without("runAsNonRoot", runAsNonRoot=True), RESTRICTED),
    "root here, not for the pod": (pod({**GOOD, "runAsNonRoot": False}, shared={"runAsNonRoot": True}), BASELINE),
    "user 0": (with_context(runAsUser=0, runAsNonRoot=True), BASELINE),
    "user 0 for the pod": (pod(shared={"runAsUser": 0}), BASELINE),
    "user 7": (with_context(runAsUser=7), RESTRICTED),
    "seccomp for the pod": (without("seccompProfile", seccompProfile={"type": "RuntimeDefault"}), RESTRICTED),
    "seccomp not said": (without("seccompProfile"), BASELINE),
    "seccomp of the node": (
        with_context(seccompProfile={"type": "Localhost", "localhostProfile": "p.json"}),
        RESTRICTED,
    ),
    "no seccomp": (with_context(seccompProfile={"type": "Unconfined"}), PRIVILEGED),
    "no seccomp for the pod": (pod(shared={"seccompProfile": {"type": "Unconfined"}}), PRIVILEGED),
    "capabilities kept": (without("capabilities"), BASELINE),
    "one dropped": (with_context(capabilities={"drop": ["NET_RAW"]}), BASELINE),
    "a port below 1024": (with_context(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}), RESTRICTED),
    "chown": (with_context(capabilities={"drop": ["ALL"], "add": ["CHOWN"]}), BASELINE),
    "sys_admin": (with_context(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}), PRIVILEGED),
    "everything": (pod({"privileged": True}), PRIVILEGED),
    "proc as usual": (with_context(procMount="Default"), RESTRICTED),
    "host network": (pod(hostNetwork=True), PRIVILEGED),
    "host processes": (pod(hostPID=True), PRIVILEGED),
    "host memory": (pod(hostIPC=True), PRIVILEGED),
    "host port": (with_container(ports=[{"containerPort": 80, "hostPort": 80}]), PRIVILEGED),
    "port": (with_container(ports=[{"containerPort": 80}]), RESTRICTED),
    "host path": (with_volume(hostPath={"path": "/"}), PRIVILEGED),
    "network file system": (with_volume(nfs={"server": "s", "path": "/"}), BASELINE),
    "empty directory": (with_volume(emptyDir={}), RESTRICTED),
    "config map": (with_volume(configMap={"name": "c"}), RESTRICTED),
    "secret": (with_volume(secret={"secretName": "s"}), RESTRICTED),
    "claim": (with_volume(persistentVolumeClaim={"claimName": "c"}), RESTRICTED),
    "projected": (with_volume(projected={"sources": []}), RESTRICTED),
    "own metadata": (with_volume(downwardAPI={"items": []}), RESTRICTED),
    "driver": (with_volume(csi={"driver": "d.example.org"}), RESTRICTED),
    "safe sysctl": (
        pod(shared={"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]}),
        RESTRICTED,
    ),
    "unsafe sysctl": (pod(shared={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}), PRIVILEGED),
    "selinux type": (with_context(seLinuxOptions={"type": "container_t"}), RESTRICTED),
    "selinux other type": (with_context(seLinuxOptions={"type": "spc_t"}), PRIVILEGED),
    "selinux user": (pod(shared={"seLinuxOptions": {"user": "root"}}), PRIVILEGED),
    "selinux role": (pod(shared={"seLinuxOptions": {"role": "sysadm_r"}}), PRIVILEGED),
    "apparmor": (with_context(appArmorProfile={"type": "RuntimeDefault"}), RESTRICTED),
    "no apparmor": (with_context(appArmorProfile={"type": "Unconfined"}), PRIVILEGED),
    "windows process": (
        pod(
            {**GOOD, "windowsOptions": {"hostProcess": True}},
            shared={"windowsOptions": {"hostProcess": True}},
            hostNetwork=True,
        ),
        PRIVILEGED,
    ),
    "probe of a host": (
        with_container(livenessProbe={"httpGet": {"host": "127.0.0.1", "port": 80}}),
        PRIVILEGED,
    ),
    "hook to a host": (
        with_container(lifecycle={"preStop": {"httpGet": {"host": "10.0.0.1", "port": 80}}}),
        PRIVILEGED,
    ),
    "probe": (with_container(readinessProbe={"tcpSocket": {"port": 80}}), RESTRICTED),
    "container before": (
        pod(initContainers=[{"name": "b", "image": "b:1"}]),
        BASELINE,
    ),
    "privileged container before": (
        pod(initContainers=[{"name": "b", "image": "b:1", "securityContext": {"privileged": True}}]),
        PRIVILEGED,
    ),
}  # fmt: skip
