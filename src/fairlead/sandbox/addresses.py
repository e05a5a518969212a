"""Choice of address ranges that this machine does not use yet.

A block of 16384 addresses serves one cluster: 4096 for pods, 4096 for Services, 4 for the link between host and node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, ip_network
from itertools import islice
from typing import Any

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.sandbox.spec import Ranges

_POOLS = (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"))
_BLOCK_PREFIX = 18


def free_blocks(taken: Iterable[IPv4Network], *, start: int = 0) -> Iterator[Ranges]:
    """All ranges that overlap nothing taken; `start` turns the order, so that sandboxes rarely want the same.

    A route that covers a whole pool (as of a VPN) takes that pool; the default route takes nothing.
    """
    used = [network for network in taken if network.prefixlen > 0]
    blocks = [block for pool in _POOLS for block in pool.subnets(new_prefix=_BLOCK_PREFIX)]
    first = start % len(blocks)
    for block in blocks[first:] + blocks[:first]:
        if not any(block.overlaps(network) for network in used):
            yield ranges_of(block)


def ranges_of(block: IPv4Network) -> Ranges:
    """Divide a block among pods, Services and the link."""
    pods, services, rest = islice(block.subnets(new_prefix=20), 3)
    link = next(rest.subnets(new_prefix=30))
    host, node = link.hosts()
    return Ranges(pods=str(pods), services=str(services), link=str(link), host=str(host), node=str(node))


def take(blocks: Iterator[Ranges], count: int) -> tuple[Ranges, ...]:
    """The first `count` blocks.

    Raises:
        OperationFailed: there are not enough.
    """
    chosen = tuple(islice(blocks, count))
    if len(chosen) < count:
        raise OperationFailed(
            Problem(
                code="sandboxAddresses",
                message="every private address range overlaps a route of this machine",
                remedy="remove a route, or use --nodes simulated, which needs no addresses",
            )
        )
    return chosen


def networks_of(routes: Iterable[dict[str, Any]]) -> Iterator[IPv4Network]:
    """The destinations of the routes that `ip -json route show table all` lists."""
    for route in routes:
        destination = route.get("dst", "default")
        if destination != "default" and ":" not in destination:
            network = ip_network(destination, strict=False)
            if isinstance(network, IPv4Network):
                yield network


def service_address(ranges: Ranges, number: int) -> str:
    """The Service address with that number: 1 is the API server's, 10 is that of DNS."""
    return str(IPv4Network(ranges.services)[number])
