"""Which Helm renders: the program that was named, else the library, else a program that is found."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from fairlead.adapters.helm.library import HelmLibrary
from fairlead.adapters.helm.program import HelmProgram
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.doors.process import locate
from fairlead.ports.renderer import ChartRenderer

_BESIDE_US = Path(sys.executable).parent


def library_installed() -> bool:
    """Tell whether the library was built for this platform, without loading it: that is for workers only."""
    found = find_spec("helm_python")
    folders = (found.submodule_search_locations if found else None) or ()
    return any(next(Path(folder, "lib").glob("*helm_c*"), None) for folder in folders)


async def choose_helm(
    named: str | None,
    *,
    search_path: str,
    beside: Path = _BESIDE_US,
    has_library: Callable[[], bool] = library_installed,
) -> ChartRenderer:
    """Return the renderer.

    Args:
        named: the program that the user wants.
        search_path: where programs are looked for (`PATH` syntax), after the folder `beside`.
        beside: the folder of our own programs.
        has_library: tells whether the library can be used.

    Raises:
        OperationFailed: `programMissing`; there is no Helm in any form.
    """
    if named is not None:
        return await HelmProgram(Path(named)).with_version()
    if has_library():
        return HelmLibrary()
    helm = locate("helm", search_path=f"{beside}{os.pathsep}{search_path}")
    if helm is None:
        message = "the Helm library is not installed for this platform, and no helm program was found"
        remedy = "install Helm 4 so that `helm` is on PATH, or name it in FAIRLEAD_HELM"
        raise OperationFailed(Problem("programMissing", message, remedy=remedy))
    return await HelmProgram(helm).with_version()
