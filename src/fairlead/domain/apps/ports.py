"""The ports of a workload: what its Service offers, where traffic goes, and where health is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.manifests import JsonObject

HEALTH_PORT_NAME: Final = "healthcheck"
PORT_WITHOUT_ANY: Final = 9999
"""Where health is asked when no container declares a port, as the Amdatu Deployer did."""


@dataclass(frozen=True, slots=True)
class Port:
    """A declared container port. `name` is empty when it has none."""

    number: int
    protocol: str = "TCP"
    name: str = ""


def container_ports(container: JsonObject) -> tuple[Port, ...]:
    """Return the declared ports of one container."""
    return tuple(
        Port(port["containerPort"], port.get("protocol") or "TCP", port.get("name") or "")
        for port in container.get("ports") or ()
    )


def declared_ports(pod_spec: JsonObject) -> tuple[Port, ...]:
    """Return the ports of all containers, a number of a protocol once."""
    found: dict[tuple[int, str], Port] = {}
    for container in pod_spec["containers"]:
        for port in container_ports(container):
            found.setdefault((port.number, port.protocol), port)
    return tuple(found.values())


def health_port(pod_spec: JsonObject, chosen: int | None = None) -> int:
    """Return where health is asked: the chosen port, the one named `healthcheck`, or the first container's first."""
    ports = container_ports(pod_spec["containers"][0])
    named = (port.number for port in ports if port.name == HEALTH_PORT_NAME)
    return chosen or next(named, ports[0].number if ports else PORT_WITHOUT_ANY)


def traffic_port(pod_spec: JsonObject) -> Port | None:
    """Return the port that proxies lead to: the first TCP port that is not for health alone."""
    ports = [port for port in declared_ports(pod_spec) if port.protocol == "TCP"]
    return next((port for port in ports if port.name != HEALTH_PORT_NAME), ports[0] if ports else None)


def service_ports(pod_spec: JsonObject, *, by_name: bool) -> list[dict[str, Any]]:
    """Return the ports of a Service: each declared one under its own number.

    `by_name` leads to named ports by their name, so that pods may differ in the number behind it.
    """
    ports = declared_ports(pod_spec)
    names = _port_names(ports)
    return [
        {
            **({"name": names[port]} if len(ports) > 1 or port.name else {}),
            "port": port.number,
            "protocol": port.protocol,
            "targetPort": port.name if by_name and port.name else port.number,
        }
        for port in ports
    ]


def _port_names(ports: Iterable[Port]) -> dict[Port, str]:
    """Return a name for each port, which a Service of several ports needs: their own ones if no two are the same."""
    made = {port: f"{port.protocol.lower()}-{port.number}" for port in ports}
    names = {port: port.name or made[port] for port in made}
    return names if len(set(names.values())) == len(names) else made
