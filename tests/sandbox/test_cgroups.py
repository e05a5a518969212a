"""Control groups."""

from __future__ import annotations

from pathlib import Path

from fairlead.sandbox.cgroups import hierarchies

OLD = """\
/dev/root / ext4 rw 0 0
tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0
cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
"""
NEW = "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"


def test_every_hierarchy_of_either_version_is_found() -> None:
    assert hierarchies(OLD) == tuple(Path("/sys/fs/cgroup") / name for name in ("cpu", "systemd", "unified"))
    assert hierarchies(NEW) == (Path("/sys/fs/cgroup"),)
    assert hierarchies("") == ()
