"""From what was found under `podspec` to the pod that is deployed, with the defaults of the Amdatu Deployer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord, is_sound
from fairlead.domain.declaring.quoting import quoted
from fairlead.domain.errors import InputError
from fairlead.domain.manifests import JsonObject
from fairlead.domain.resolving import to_object

NO_POD: Final[JsonObject] = {"containers": []}
"""What stands for a pod that could not be read, until its mistakes are reported."""

_LISTS: Final = ("containers", "initContainers")


def read_pod(found: FoundRecord, findings: Findings, *, restart: str = "Always") -> JsonObject | None:
    """Return a pod with its defaults, or None after noting why it is none.

    `restart` is the policy where the pod names none.
    """
    if not (_check(found, findings) and is_sound(found)) or found.node is None:
        return None
    try:
        written = to_object(found.node, found.place.file)
    except InputError as error:
        findings.add_at(found.place, error.problems)
        return None
    return _with_defaults(written, restart)


def _check(found: FoundRecord, findings: Findings) -> bool:
    own = Findings()
    if not found.items("containers"):
        message, remedy = "found no container", "name at least one container with its image"
        own.error(found.at("containers"), "noContainers", message, remedy)
    if found.items("ephemeralContainers"):
        message, remedy = "ephemeral containers cannot be deployed", "remove them; they are added to running pods"
        own.error(found.at("ephemeralContainers"), "invalidValue", message, remedy)
    containers = [container for key in _LISTS for container in found.records(key)]
    names = Counter(container.text("name") for container in containers)
    for container in containers:
        name = container.text("name")
        if name is not None and names[name] > 1:
            message = f"found the container {quoted(name)} more than once"
            own.error(container.at("name"), "duplicateName", message, "give each container a name of its own")
    findings.add_all(own.problems)
    return not own.has_errors


def _with_defaults(written: Mapping[str, Any], restart: str) -> dict[str, Any]:
    pod: dict[str, Any] = {"restartPolicy": restart, "dnsPolicy": "ClusterFirst"}
    pod |= {key: value for key, value in written.items() if value is not None}
    for key in _LISTS:
        if key in pod:
            pod[key] = [_container(container) for container in pod[key]]
    return pod


def _container(written: Mapping[str, Any]) -> dict[str, Any]:
    container = {"imagePullPolicy": "Always", **{key: value for key, value in written.items() if value is not None}}
    if "ports" in container:
        container["ports"] = [{"protocol": "TCP", **port} for port in container["ports"]]
    return container
