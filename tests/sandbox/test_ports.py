"""Choice of ports."""

from __future__ import annotations

import socket

import pytest

from fairlead.domain.errors import OperationFailed
from fairlead.sandbox.ports import free_ports


def test_ports_are_different_and_can_be_listened_on() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", port))


def test_a_taken_port_is_never_chosen() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_ports(1)[0]))
        listener.listen()
        assert listener.getsockname()[1] not in free_ports(500)


def test_an_address_that_is_not_ours_has_no_free_port() -> None:
    with pytest.raises(OperationFailed) as refused:
        free_ports(1, address="192.0.2.99")
    assert refused.value.code == "sandboxPorts"
