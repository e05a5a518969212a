"""What a sandbox could leave behind on a machine, and settings for sandboxes of a test's own."""

from __future__ import annotations

from pathlib import Path

from fairlead.doors.process import Program, run
from fairlead.sandbox.cgroups import group_name, hierarchies
from fairlead.sandbox.network import links_of
from fairlead.sandbox.places import Places
from fairlead.sandbox.processes import find_marked
from fairlead.sandbox.spec import Progress
from fairlead.settings import Settings

# Where the programs of a node write, were they not kept from it.
_SHARED_FOLDERS = (
    "/etc/cni/net.d",
    "/opt/cni",
    "/opt/containerd",
    "/run/containerd",
    "/run/netns",
    "/usr/libexec/kubernetes",
    "/var/lib/cni",
    "/var/lib/kubelet",
    "/var/log/containers",
    "/var/log/pods",
)
_KERNEL = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward")


def settings_in(folder: Path) -> Settings:
    """The machine's settings, with the state in a folder of the test's own."""
    ambient = Settings.from_environment()
    environ = {**ambient.environ, "XDG_STATE_HOME": str(folder), "FAIRLEAD_CACHE": str(ambient.cache)}
    return Settings.from_environment(environ)


async def traces(places: Places) -> dict[str, list[str]]:
    """Everything on this machine that belongs to a sandbox; all empty when there is none."""
    links = sorted(links_of(places.tag))
    routes = [line for line in await _routes() if any(link in line for link in links)]
    return {**_local_traces(places), "links": links, "routes": routes}


def _local_traces(places: Places) -> dict[str, list[str]]:
    mounts = Path("/proc/mounts").read_text()
    groups = [str(found) for root in hierarchies(mounts) for found in root.glob(f"{group_name(places.tag, '')}*")]
    return {
        "processes": [str(process.pid) for process in find_marked(places.root)],
        "mounts": [line for line in mounts.splitlines() if str(places.root) in line],
        "groups": groups,
        "files": [str(path) for path in places.root.parent.parent.rglob("*")],
    }


def machine() -> dict[str, str]:
    """What of the machine a sandbox must not touch."""
    folders = {name: ",".join(sorted(path.name for path in Path(name).glob("*"))) for name in _SHARED_FOLDERS}
    existing = {f"exists {name}": str(Path(name).exists()) for name in _SHARED_FOLDERS}
    return folders | existing | {name: (Path("/proc/sys") / name).read_text() for name in _KERNEL}


async def _routes() -> list[str]:
    found = await run(Program(("ip", "route"), env=Settings.from_environment().environ, accepted=frozenset({0, 1})))
    return found.stdout.decode().splitlines()


def unheard(_event: Progress) -> None:
    """A listener that does not listen."""
