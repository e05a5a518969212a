"""Choice of address ranges."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.errors import OperationFailed
from fairlead.sandbox.addresses import free_blocks, networks_of, service_address, take

TEN = IPv4Network("10.0.0.0/8")
EVERYTHING = (TEN, IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"))
networks = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(8, 32),
)


def test_the_first_block_is_divided_among_pods_services_and_link() -> None:
    [block] = islice(free_blocks(()), 1)
    assert block.pods == "10.0.0.0/20"
    assert block.services == "10.0.16.0/20"
    assert block.link == "10.0.32.0/30"
    assert (block.host, block.node) == ("10.0.32.1", "10.0.32.2")


@pytest.mark.parametrize(
    ("taken", "pods"),
    [
        ((IPv4Network("0.0.0.0/0"),), "10.0.0.0/20"),
        ((IPv4Network("10.0.33.7/32"),), "10.0.64.0/20"),
        ((TEN,), "172.16.0.0/20"),
        ((TEN, IPv4Network("172.16.0.0/12")), "192.168.0.0/20"),
    ],
)
def test_taken_ranges_are_passed_over(taken: tuple[IPv4Network, ...], pods: str) -> None:
    assert next(free_blocks(taken)).pods == pods


@given(st.lists(networks, max_size=12), st.integers(0, 2**24))
def test_no_choice_overlaps_what_is_taken_or_another_choice(taken: list[IPv4Network], start: int) -> None:
    chosen = list(islice(free_blocks(taken, start=start), 3))
    ranges = [IPv4Network(text) for block in chosen for text in (block.pods, block.services, block.link)]
    for index, one in enumerate(ranges):
        assert not any(one.overlaps(other) for other in ranges[index + 1 :])
        assert not any(one.overlaps(network) for network in taken)


@pytest.mark.parametrize("start", [1, 1103, 1104, 2**24])
def test_the_start_only_turns_the_order(start: int) -> None:
    usual = [block.pods for block in free_blocks(())]
    turned = [block.pods for block in free_blocks((), start=start)]
    assert turned == usual[start % len(usual) :] + usual[: start % len(usual)]


def test_a_machine_that_uses_everything_is_told_so() -> None:
    with pytest.raises(OperationFailed) as refused:
        take(free_blocks(EVERYTHING), 1)
    assert refused.value.code == "sandboxAddresses"


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ({"dst": "default"}, []),
        ({"dst": "10.1.0.0/16"}, [IPv4Network("10.1.0.0/16")]),
        ({"type": "local", "dst": "127.0.0.1"}, [IPv4Network("127.0.0.1/32")]),
        ({"type": "broadcast", "dst": "192.168.1.255"}, [IPv4Network("192.168.1.255/32")]),
        ({"dst": "fd00::/64"}, []),
        ({}, []),
    ],
)
def test_routes_are_read_as_ip_lists_them(route: dict[str, str], expected: list[IPv4Network]) -> None:
    assert list(networks_of([route])) == expected


def test_service_addresses_count_from_the_start_of_their_range() -> None:
    assert service_address(next(free_blocks(())), 10) == "10.0.16.10"
