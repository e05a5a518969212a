from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.apps.ports import Port, declared_ports, health_port, service_ports, traffic_port
from tests.fakes.descriptors import pod

WEB = {"containerPort": 8080, "name": "web"}
HEALTH = {"containerPort": 9999, "name": "healthcheck"}
DNS = {"containerPort": 53, "protocol": "UDP"}


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ([{"containerPort": 8080}], 8080),
        ([WEB, HEALTH], 9999),
        ([], 9999),
        ([WEB, {"containerPort": 9999, "name": "db"}], 8080),
    ],
)
def test_where_health_is_asked(ports: list[dict[str, Any]], expected: int) -> None:
    assert health_port(pod(*ports)) == expected
    assert health_port(pod(*ports), 81) == 81


def test_the_first_container_says_where_health_is_asked() -> None:
    spec = pod({"containerPort": 81, "name": "x"})
    spec["containers"] += pod(HEALTH)["containers"]
    assert health_port(spec) == 81
    assert health_port({"containers": [*pod()["containers"], *pod(WEB)["containers"]]}) == 9999


@pytest.mark.parametrize(
    ("ports", "expected"),
    [([WEB], 8080), ([HEALTH, WEB], 8080), ([HEALTH], 9999), ([DNS, WEB], 8080), ([DNS], None), ([], None)],
)
def test_where_traffic_goes(ports: list[dict[str, Any]], expected: int | None) -> None:
    found = traffic_port(pod(*ports))
    assert (found and found.number) == expected


def test_all_protocols_and_several_ports() -> None:
    ports = service_ports(pod(WEB, DNS, {"containerPort": 53}), by_name=False)
    assert ports == [
        {"name": "web", "port": 8080, "protocol": "TCP", "targetPort": 8080},
        {"name": "udp-53", "port": 53, "protocol": "UDP", "targetPort": 53},
        {"name": "tcp-53", "port": 53, "protocol": "TCP", "targetPort": 53},
    ]


def test_one_port_needs_no_name() -> None:
    assert service_ports(pod(DNS), by_name=True) == [{"port": 53, "protocol": "UDP", "targetPort": 53}]
    assert service_ports(pod(), by_name=True) == []


def test_named_ports_by_their_name() -> None:
    assert service_ports(pod(WEB), by_name=True) == [
        {"name": "web", "port": 8080, "protocol": "TCP", "targetPort": "web"}
    ]


def test_two_containers() -> None:
    spec = pod(WEB)
    spec["containers"] += pod(WEB, {"containerPort": 81, "name": "web"})["containers"]
    assert declared_ports(spec) == (Port(8080, "TCP", "web"), Port(81, "TCP", "web"))
    assert [port["name"] for port in service_ports(spec, by_name=False)] == ["tcp-8080", "tcp-81"]


def test_a_name_like_a_made_one() -> None:
    spec = pod({"containerPort": 81, "name": "tcp-80"}, {"containerPort": 80})
    assert [port["name"] for port in service_ports(spec, by_name=False)] == ["tcp-81", "tcp-80"]
