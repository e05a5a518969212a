"""The link between this machine and a node: two ends, an address each, and routes to pods and Services.

A route is also the claim to its range: the kernel accepts each only once, and so decides between two sandboxes that
start at the same time. All of it goes when the node's network namespace or the link goes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from pathlib import Path

from fairlead.doors.process import Program, ProgramFailed, ProgramMissing, run
from fairlead.sandbox.addresses import networks_of
from fairlead.sandbox.spec import Ranges

_NODE_END = "eth0"
_LINKS = Path("/sys/class/net")


async def used_networks(env: Mapping[str, str]) -> tuple[IPv4Network, ...]:
    """Every range that this machine has a route to; none where there is no `ip` to ask."""
    try:
        listed = await run(Program(("ip", "-json", "-4", "route", "show", "table", "all"), env=env))
    except ProgramMissing:
        return ()
    return tuple(networks_of(json.loads(listed.stdout or b"[]")))


async def connect(link: str, ranges: Ranges, node: int, env: Mapping[str, str]) -> bool:
    """Link this machine to the network namespace of process `node`; False when the ranges were taken meanwhile."""
    prefix = IPv4Network(ranges.link).prefixlen
    inside = f"""
        addr add {ranges.node}/{prefix} dev {_NODE_END}
        link set {_NODE_END} up
        link set lo up
    """
    outside = f"""
        addr add {ranges.host}/{prefix} dev {link}
        link set {link} up
        route add {ranges.pods} via {ranges.node} dev {link}
        route add {ranges.services} via {ranges.node} dev {link}
    """
    pair = f"link add {link} type veth peer name {_NODE_END} netns {node}"
    await _ip(pair, env=env)
    await _ip(inside, env=env, namespace=node)
    try:
        await _ip(outside, env=env)
    except ProgramFailed as refused:
        await disconnect(link, env)
        if "File exists" in refused.stderr:
            return False
        raise
    return True


async def disconnect(link: str, env: Mapping[str, str]) -> None:
    """Remove a link with its routes, should it exist."""
    if (_LINKS / link).exists():
        await run(Program(("ip", "link", "delete", link), env=env, accepted=frozenset({0, 1})))


def links_of(tag: str) -> Iterator[str]:
    """The links of the sandbox with that tag."""
    return (path.name for path in _LINKS.glob(f"{link_name(tag, '')}*"))


def link_name(tag: str, index: int | str) -> str:
    """The name of this machine's end; the kernel allows 15 characters."""
    return f"fl{tag}-{index}"


async def _ip(commands: str, *, env: Mapping[str, str], namespace: int | None = None) -> None:
    argv: tuple[str, ...] = ("ip", "-batch", "-")
    if namespace is not None:
        argv = ("nsenter", "--target", str(namespace), "--net", *argv)
    await run(Program(argv, env=env, stdin=commands.encode()))
