"""What a machine must have for real nodes, and the choice of nodes that follows."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.doors.process import Program, ProgramFailed, ProgramMissing, locate, run
from fairlead.sandbox.spec import Listener, NodeKind, Notice
from fairlead.settings import Settings

# Program and the Debian package that has it.
_PROGRAMS = {
    "containerd": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}
_CNI_PACKAGE = "containernetworking-plugins"
_CNI_FOLDERS = (Path("/usr/lib/cni"), Path("/opt/cni/bin"), Path("/usr/libexec/cni"))
_CNI_PLUGINS = ("bridge", "host-local", "loopback")
# Where Debian keeps administrators' programs, which is not on every user's path.
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def system_path(settings: Settings) -> str:
    """The search path of everything that the sandbox runs."""
    return f"{settings.search_path}:{_SYSTEM_PATH}"


def cni_folder() -> Path | None:
    """The folder with the network plugins."""
    folders = (folder for folder in _CNI_FOLDERS if all((folder / plugin).exists() for plugin in _CNI_PLUGINS))
    return next(folders, None)


def missing_packages(settings: Settings) -> tuple[str, ...]:
    """The Debian packages that real nodes need and that are not installed."""
    path = system_path(settings)
    missing = {package for program, package in _PROGRAMS.items() if locate(program, search_path=path) is None}
    if cni_folder() is None:
        missing.add(_CNI_PACKAGE)
    return tuple(sorted(missing))


async def choose_nodes(wanted: NodeKind | None, settings: Settings, listener: Listener) -> NodeKind:
    """Take the nodes that were asked for, or else the best that work here; a lesser choice is told in one line.

    Raises:
        OperationFailed: real nodes were asked for and cannot be had.
    """
    if wanted in {NodeKind.SIMULATED, NodeKind.NONE}:
        return NodeKind(wanted)
    obstacle = await _obstacle(settings)
    if obstacle is None:
        return NodeKind.REAL
    message, remedy = obstacle
    if wanted is NodeKind.REAL:
        raise OperationFailed(Problem(code="sandboxNodes", message=f"no real nodes: {message}", remedy=remedy))
    listener(Notice(f"nodes are simulated, because {message}; {remedy}"))
    return NodeKind.SIMULATED


async def _obstacle(settings: Settings) -> tuple[str, str] | None:
    if sys.platform != "linux":
        return "real nodes need Linux", "use --nodes simulated"
    if os.geteuid() != 0:
        return "real nodes need root", "run as root for real ones"
    missing = missing_packages(settings)
    if missing:
        names = " ".join(missing)
        return f"programs of these packages are missing: {names}", f"install them: apt-get install {names}"
    env = {**settings.environ, "PATH": system_path(settings)}
    try:
        await run(Program(("unshare", "--net", "--mount", "--pid", "--fork", "true"), env=env))
    except (ProgramFailed, ProgramMissing):
        return "this root may not make namespaces", "give the container more rights"
    return None
