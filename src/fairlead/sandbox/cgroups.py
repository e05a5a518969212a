"""The control groups of a node: one folder in every hierarchy, which the kubelet fills and `down` removes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_ATTEMPTS = 100


def group_name(tag: str, index: int | str) -> str:
    """The name of the group of a cluster's node."""
    return f"fairlead-{tag}-{index}"


def hierarchies(mounts: str) -> tuple[Path, ...]:
    """The roots of all control group hierarchies, from the text of /proc/mounts."""
    rows = [line.split() for line in mounts.splitlines()]
    return tuple(Path(row[1]) for row in rows if len(row) > 2 and row[2] in {"cgroup", "cgroup2"})


def create(name: str) -> None:
    """Make the group everywhere; the kubelet demands that it exists."""
    for root in _roots():
        _delegate(root)
        (root / name).mkdir(exist_ok=True)


async def remove(prefix: str) -> None:
    """Remove all groups whose name starts with `prefix`, with those below them, once they are empty of processes."""
    for _ in range(_ATTEMPTS):
        left = [group for root in _roots() for group in root.glob(f"{prefix}*")]
        if not left:
            return
        for group in left:
            _remove_tree(group)
        # The kernel empties a group a moment after its last process ended.
        await asyncio.sleep(0.02)


def _delegate(root: Path) -> None:
    # In version 2 a group has the controllers that its parent hands down; the kubelet wants all there are.
    controllers = root / "cgroup.controllers"
    for name in controllers.read_text().split() if controllers.exists() else ():
        with suppress(OSError):  # one that cannot be handed down is missed by the kubelet, which says so
            (root / "cgroup.subtree_control").write_text(f"+{name}")


def _remove_tree(group: Path) -> None:
    for folder, _, _ in os.walk(group, topdown=False):
        with suppress(OSError):
            Path(folder).rmdir()


def _roots() -> Iterator[Path]:
    yield from hierarchies(Path("/proc/mounts").read_text())
