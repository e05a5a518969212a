from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.domain.errors import OperationFailed
from fairlead.sandbox.places import Places
from fairlead.sandbox.settling import watch
from fairlead.sandbox.supervision import ProcessReport, ProcessSpec, write_report


@pytest.mark.parametrize(
    ("said", "code", "named"),
    [
        ("E1121 unable to create inotify: too many open files", "sandboxLimit", "fs.inotify.max_user_instances"),
        ("panic: something else", "sandboxProcess", "fairlead sandbox logs"),
        (None, "sandboxProcess", "fairlead sandbox logs"),
    ],
)
async def test_a_program_that_does_not_stay_up_names_the_limit_it_met(
    said: str | None, code: str, named: str, tmp_path: Path
) -> None:
    places = Places(tmp_path)
    write_report(places, ProcessReport("kubelet-1", restarts=3, last_exit=1))
    if said is not None:
        places.log("kubelet-1").parent.mkdir(parents=True, exist_ok=True)
        places.log("kubelet-1").write_text(said)
    with pytest.raises(OperationFailed) as caught:
        await watch(places, [ProcessSpec("kubelet-1", ()), ProcessSpec("etcd-1", ())])
    (problem,) = caught.value.problems
    assert problem.code == code
    assert named in (problem.remedy or "")
    assert "kubelet-1" in problem.message
    assert "etcd-1" not in problem.message
