"""How a sandbox ends, whatever state it is in.

Nothing here relies on a start that was finished or a file that was written: processes are found by their mark, links
and control groups by the sandbox's tag. So it also cleans up after a crash of whoever started the sandbox.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.sandbox.cgroups import group_name, remove
from fairlead.sandbox.network import disconnect, links_of
from fairlead.sandbox.places import Places
from fairlead.sandbox.processes import end, find_marked
from fairlead.sandbox.spec import SandboxState
from fairlead.sandbox.supervision import read_value

_ROUNDS = 5


async def stop_processes(places: Places, env: Mapping[str, str]) -> None:
    """End every process of a sandbox, and with its nodes their namespaces, mounts, links and control groups.

    Raises:
        OperationFailed: a process cannot be ended.
    """
    state = load(places)
    if state is not None and state.supervisor is not None:
        # First, and with time to end its children in order; else it would start them again.
        await end([state.supervisor], grace=8.0)
    for _ in range(_ROUNDS):
        found = list(find_marked(places.root))
        if not found:
            break
        await end(found, grace=0.0)
    else:
        raise OperationFailed(
            Problem(code="sandboxProcess", message=f"something keeps starting processes of {places.root.name}")
        )
    for link in tuple(links_of(places.tag)):
        await disconnect(link, env)
    await remove(group_name(places.tag, ""))
    shutil.rmtree(places.run, ignore_errors=True)


async def tear_down(places: Places, env: Mapping[str, str]) -> None:
    """Remove all that a sandbox is."""
    state = load(places)
    await stop_processes(places, env)
    for copy in state.copies if state is not None else ():
        _remove_copy(Path(copy), places.kubeconfig)
    await remove_folder(places.root)


async def remove_folder(folder: Path) -> None:
    """Remove a folder with all in it; what a dying process still writes is removed in a later attempt.

    Raises:
        OperationFailed: `sandboxFolder`, it stays.
    """
    if not await asyncio.to_thread(_removed, folder):
        raise OperationFailed(
            Problem(code="sandboxFolder", message=f"{folder} cannot be removed", remedy="remove it by hand")
        )


def _removed(folder: Path) -> bool:
    for _ in range(_ROUNDS):
        if not folder.exists():
            return True
        shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def load(places: Places) -> SandboxState | None:
    """The state of a sandbox, or None when there is none (or one of another version of this program)."""
    with suppress(ValueError):
        return read_value(places.state, SandboxState)
    return None


def _remove_copy(copy: Path, original: Path) -> None:
    # Only while it is what we wrote: people may have put other contexts into it.
    with suppress(OSError):
        if copy.read_bytes() == original.read_bytes():
            copy.unlink()
