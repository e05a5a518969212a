"""What must hold among the fields of a descriptor, beyond what each may be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fairlead.domain.apps.configuration import CONFIG_MAP, HASH_DIGITS, SECRET, references
from fairlead.domain.apps.descriptor import Component, Descriptor, HttpGate
from fairlead.domain.apps.naming import (
    LONGEST_NAME,
    is_service_name,
    names_of,
    preview_name,
    versioned_name,
    workload_name,
)
from fairlead.domain.apps.ports import declared_ports, health_port, traffic_port
from fairlead.domain.apps.versions import version_number
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord
from fairlead.domain.declaring.quoting import quoted

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_LONGEST_CONFIGURATION = 253 - HASH_DIGITS - 1


def check_app(found: FoundRecord, descriptor: Descriptor, findings: Findings) -> None:
    """Note what is wrong among the fields, and what is kept but not yet in effect."""
    rules = _Rules(found, descriptor, findings)
    rules.check_names()
    rules.check_configuration()
    rules.check_numbers()
    rules.check_exposure()
    rules.check_gateway()
    rules.check_health()
    rules.check_gates()
    rules.note_what_counts_otherwise()
    rules.note_what_waits()
    rules.note_what_stays()


@dataclass(frozen=True, slots=True)
class _Rules:
    found: FoundRecord
    descriptor: Descriptor
    findings: Findings

    def _error(self, key: str, code: str, message: str, remedy: str) -> None:
        self.findings.error(self.found.at(key), code, message, remedy)

    def check_names(self) -> None:
        """App, version and components together must make names of Services."""
        app, version = self.descriptor.app, self.descriptor.version
        if not app:
            self._error("appName", "missingKey", "found no appName", "add appName: the name of the app")
        elif not version:
            if "newVersion" in self.found.fields:
                self._error("newVersion", "missingKey", "found no version", "write a version, or # for the next number")
        else:
            self._check_service_names(app, version)
        self._check_unique("components", (each.name for each in self.descriptor.components))
        self._check_services_apart(app, version)

    def _check_service_names(self, app: str, version: str) -> None:
        if not is_service_name(app[:LONGEST_NAME].rstrip("-")):
            message = f"found the name {quoted(app)}, which no Service can have"
            self._error("appName", "invalidName", message, "start with a letter; use letters, digits and dashes")
            return
        names = list(names_of(app, version, self.descriptor.workloads))
        longest = max(names, key=len)
        if len(longest) > LONGEST_NAME:
            message = f"the name {quoted(longest)} has {len(longest)} characters, a Service's at most {LONGEST_NAME}"
            self._error(
                "appName", "nameTooLong", message, "shorten the app's name, its version or its component's name"
            )
            return
        wrong = next((name for name in names if not is_service_name(name)), None)
        if wrong is not None:
            key = "newVersion" if wrong.endswith(version) else "appName"
            message = f"the name {quoted(wrong)} is none that a Service can have"
            self._error(key, "invalidName", message, "use letters, digits and dashes; none at the end")

    def _check_services_apart(self, app: str, version: str) -> None:
        """No two Services of an app have one name: what the one leads to would be where the other one leads."""
        workloads = [workload_name(app, each.name) for each in self.descriptor.workloads]
        previews = {preview_name(name) for name in workloads} if self.descriptor.rules.previews else set[str]()
        message, remedy = "found a name by which two Services of the app would be called {}", "choose another one"
        for found, name in zip(self.found.records("components"), workloads[1:], strict=True):
            if name in previews or any(self._is_versioned(name, other) for other in workloads):
                self.findings.error(found.at("name"), "duplicateName", message.format(quoted(name)), remedy)
        if taken := previews & {versioned_name(name, version) for name in workloads}:
            self._error("newVersion", "duplicateName", message.format(quoted(min(taken))), remedy)

    def _is_versioned(self, name: str, workload: str) -> bool:
        """Tell whether a name is that of a version of a workload: of this one, or of any number where that is next."""
        if not name.startswith(f"{workload}-"):
            return False
        rest = name.removeprefix(f"{workload}-")
        return version_number(rest) is not None if self.descriptor.is_automatic else rest == self.descriptor.version

    def _check_unique(self, key: str, names: Iterable[str]) -> None:
        for name, times in Counter(names).items():
            if name and times > 1:
                message, remedy = f"found {quoted(name)} {times} times", "give each a name of its own"
                self._error(key, "duplicateName", message, remedy)

    def check_configuration(self) -> None:
        """ConfigMaps and Secrets have names of their own, short enough for a hash."""
        maps = [each.name for each in self.descriptor.config_maps]
        self._check_unique("configMaps", maps)
        self._check_unique("secrets", self.descriptor.secrets)
        for key, names in (("configMaps", maps), ("secrets", self.descriptor.secrets)):
            if any(len(name) > _LONGEST_CONFIGURATION for name in names):
                message = f"found a name of more than {_LONGEST_CONFIGURATION} characters"
                self._error(key, "nameTooLong", message, "shorten it: a hash of the content follows it")

    def check_numbers(self) -> None:
        """The fewest pods are not more than the most, and an autoscaler has a most."""
        for found, component in self._workloads():
            if component.maximum is None:
                if component.minimum is not None:
                    message, remedy = "found minReplicas without maxReplicas", "add maxReplicas, or write replicas"
                    self.findings.error(found.at("minReplicas"), "missingKey", message, remedy)
            elif component.replicas > component.maximum:
                message = f"found {component.replicas} replicas, more than the {component.maximum} of maxReplicas"
                remedy = "raise maxReplicas, or lower replicas and minReplicas"
                self.findings.error(found.at("maxReplicas"), "invalidValue", message, remedy)

    def note_what_counts_otherwise(self) -> None:
        """Older clients write names and numbers that count as others."""
        written = self.found.text("appName")
        if written is not None and written != self.descriptor.app:
            message = f"found {quoted(written)}, which counts as {self.descriptor.app}"
            self.findings.warning(self.found.at("appName"), "invalidName", message, f"write {self.descriptor.app}")
        for found, component in self._workloads():
            count = found.whole("replicas")
            if count is not None and count < 1:
                message = f"found {count} replicas, which counts as {component.replicas}"
                self.findings.warning(found.at("replicas"), "invalidValue", message, "write how many pods, from 1")

    def _workloads(self) -> Iterator[tuple[FoundRecord, Component]]:
        yield self.found, self.descriptor.main
        yield from zip(self.found.records("components"), self.descriptor.components, strict=True)

    def check_exposure(self) -> None:
        """A frontend is a host name, and a port is behind it."""
        host = self.descriptor.exposure.host
        if host is None:
            return
        if "://" in host or not _HOST.fullmatch(host):
            message = f"found {quoted(host)}, expected the name of a host"
            self._error("frontend", "invalidValue", message, "write it without https://, port and path")
        elif self._is_readable and traffic_port(self.descriptor.main.pod_spec) is None:
            message = "found no TCP port that the host could lead to"
            self._error("frontend", "noPort", message, "add a port to a container of podspec")

    def check_gateway(self) -> None:
        """Gateways lead to a host, and what only an Ingress has is not written beside them."""
        gateway, exposure = self.found.record("gateway"), self.descriptor.exposure
        if gateway is None:
            return
        if not exposure.gateways and "parentRefs" in gateway.fields:
            message, remedy = "found no Gateway", "name at least one under parentRefs"
            self.findings.error(gateway.at("parentRefs"), "missingKey", message, remedy)
        if exposure.host is None:
            message, remedy = "found gateway without frontend", "add frontend: the host that leads to the app"
            self._error("gateway", "missingKey", message, remedy)
        for key, value in (("ingressClass", exposure.ingress_class), ("tlsSecretName", exposure.tls_secret)):
            if value is not None:
                message = f"found {key} beside gateway: no Ingress is made"
                self._error(key, "notTogether", message, "remove it; the listener of the Gateway has the certificate")

    @property
    def _is_readable(self) -> bool:
        return bool(self.descriptor.main.pod_spec["containers"])

    def check_health(self) -> None:
        """Only a declared port is asked, and never on the network of the node."""
        health, pod = self.descriptor.health, self.descriptor.main.pod_spec
        if not health.enabled or not self._is_readable:
            return
        if pod.get("hostNetwork"):
            message = "health is not asked of pods on the network of their node"
            self._error("useHealthCheck", "hostNetwork", message, "remove hostNetwork, or set useHealthCheck to false")
        port = health_port(pod, health.port)
        if not self._is_declared(port):
            message = f"health is asked at port {port}, which no container declares for TCP"
            key = "healthCheckPort" if health.port else "useHealthCheck"
            self._error(key, "undeclaredPort", message, "add it to the ports of a container")

    def _is_declared(self, number: int) -> bool:
        ports = declared_ports(self.descriptor.main.pod_spec)
        return any(port.number == number and port.protocol == "TCP" for port in ports)

    def check_gates(self) -> None:
        """Gates have names of their own and ask declared ports only."""
        rules = self.descriptor.rules
        self._check_unique("verify", (gate.name for gate in (*rules.verify, *rules.soak.gates)))
        for key, gates in (("verify", rules.verify), ("soak", rules.soak.gates)):
            for gate in gates:
                if isinstance(gate, HttpGate) and self._is_readable and not self._can_ask(gate):
                    message = f"the gate {quoted(gate.name)} asks a port that no container declares for TCP"
                    self._error(key, "undeclaredPort", message, "add it to the ports of a container")

    def _can_ask(self, gate: HttpGate) -> bool:
        if gate.port is None:
            return traffic_port(self.descriptor.main.pod_spec) is not None
        return self._is_declared(gate.port)

    def note_what_stays(self) -> None:
        """Say what a version uses and has no copy of its own of: going back to it brings back no older content."""
        own = {(CONFIG_MAP, each.name) for each in self.descriptor.config_maps}
        own |= {(SECRET, name) for name in self.descriptor.secrets}
        for found, component in self._workloads():
            for kind, name in sorted(references(component.pod_spec) - own):
                message = f"{kind} {name} does not roll back: no version has a copy of its own of it"
                remedy = f"name it under {'secrets' if kind == SECRET else 'configMaps'}, if it belongs to the version"
                self.findings.warning(found.at("podspec"), "doesNotRollBack", message, remedy)

    def note_what_waits(self) -> None:
        """Say of fields that are kept for later that they do nothing yet."""
        for key in ("redirectWww", "useCompression", "useStickySessions", "additionHttpHeaders"):
            if self.found.flag(key) or self.found.items(key):
                message = f"{key} is kept, but not yet in effect"
                remedy = "set it where the Ingress controller is configured, if it is needed now"
                self.findings.warning(self.found.at(key), "notYetInEffect", message, remedy)
