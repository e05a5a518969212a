"""At which addresses somebody may lie that others name."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from fairlead.doors.trust import may_contact


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "0.0.0.0",
        "::ffff:0.0.0.0",
        "::",
        "224.0.0.1",
        "::ffff:224.0.0.1",
        "ff02::1",
    ],
)
def test_metadata_services_are_nobody_to_contact(address: str) -> None:
    assert not may_contact(ip_address(address), this_machine=True)
    assert not may_contact(ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_meant_only_when_it_is_named(address: str) -> None:
    assert may_contact(ip_address(address), this_machine=True)
    assert not may_contact(ip_address(address))


@pytest.mark.parametrize(
    "address", ["10.0.0.7", "192.168.1.1", "203.0.113.7", "2001:db8::1", "fd12::1", "fd00::7", "::ffff:10.0.0.7"]
)
def test_private_networks_hold_registries_pods_and_gates(address: str) -> None:
    assert may_contact(ip_address(address))
