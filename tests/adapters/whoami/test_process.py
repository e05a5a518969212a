"""Who we are, and who is dead: on this machine's own process table, and on made-up ones."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead import __version__
from fairlead.adapters.whoami.process import ThisProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


def test_this_process_lives() -> None:
    me = ThisProcess().me()
    assert (me.pid, me.tool_version) == (os.getpid(), __version__)
    assert all((me.who, me.host, me.boot, me.started))
    assert not ThisProcess().is_dead(me)


@pytest.mark.parametrize("boot", ["", "another/pid:[1]"])
def test_nobody_can_tell_of_another_machine_or_container(boot: str) -> None:
    me = ThisProcess().me()
    assert not ThisProcess().is_dead(replace(me, boot=boot, started="1"))
    assert not ThisProcess().is_dead(replace(me, started=""))


def test_without_a_process_table_nobody_is_dead(tmp_path: Path) -> None:
    me = ThisProcess(tmp_path).me()
    assert (me.boot, me.started) == ("", "")
    assert not ThisProcess(tmp_path).is_dead(me)


def test_a_process_that_ended_is_dead_and_so_is_an_earlier_one_of_its_pid(tmp_path: Path) -> None:
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("b\n")
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/pid").symlink_to("pid:[1]")
    for pid, state in ((7, "S"), (8, "Z")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a) b) {state} " + " ".join(str(n) for n in range(4, 52)))
    us, holder = ThisProcess(tmp_path), replace(ThisProcess(tmp_path).me(), pid=7, started="22")
    assert holder.boot == "b/pid:[1]"
    assert not us.is_dead(holder)
    assert us.is_dead(replace(holder, started="21"))
    assert us.is_dead(replace(holder, pid=8))
    assert us.is_dead(replace(holder, pid=9))
