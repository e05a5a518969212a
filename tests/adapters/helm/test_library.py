from __future__ import annotations

import sys

from fairlead.doors.process import Program, run


async def test_helm_is_never_loaded_into_our_own_process() -> None:
    code = (
        "import sys, fairlead.adapters.helm.library, fairlead.adapters.helm.caching, fairlead.adapters.helm.program;"
        "print([name for name in sys.modules if name.startswith(('helm_python', 'ctypes'))])"
    )
    finished = await run(Program((sys.executable, "-I", "-c", code)))
    assert finished.stdout.strip() == b"[]"
