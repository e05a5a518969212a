from __future__ import annotations

import sys
from pathlib import Path

from fairlead.doors.process import Program, run


async def test_helm_is_never_loaded_into_our_own_process() -> None:
    code = (
        "import sys, fairlead.adapters.helm.library, fairlead.adapters.helm.caching, fairlead.adapters.helm.program;"
        "print([name for name in sys.modules if name.startswith(('helm_python', 'ctypes'))])"
    )
    finished = await run(Program((sys.executable, "-I", "-c", code)))
    assert finished.stdout.strip() == b"[]"


async def test_a_library_that_cannot_be_loaded_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "helm_python").mkdir()
    (tmp_path / "helm_python" / "__init__.py").write_text("raise OSError('built for another machine')")
    code = (
        f"import runpy, sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['worker', '1', '1'];"
        "runpy.run_module('fairlead.adapters.helm.worker', run_name='__main__')"
    )
    finished = await run(Program((sys.executable, "-I", "-c", code), accepted=frozenset({1})))
    assert finished.stderr.count(b"\n") == 1
    assert b"built for another machine" in finished.stderr
