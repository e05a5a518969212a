"""Builds kustomizations with the `kustomize` program, or with `kubectl kustomize` where that is what there is."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fairlead.adapters.kustomize.checking import check_kustomization
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.doors.paths import Paths
from fairlead.doors.process import Program, ProgramFailed, ProgramLimitExceeded, locate, run

SECONDS = 60.0
OUTPUT_BYTES = 32 * 1024 * 1024
MEMORY_BYTES = 1024 * 1024 * 1024

# Nothing listens there: should anything ever get past the check, it does not get out. No PATH: no git either.
_NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class KustomizeProgram:
    """The `Kustomize` port. `argv` is the program and what makes it build."""

    paths: Paths
    argv: tuple[str, ...]

    @classmethod
    def found(cls, paths: Paths, *, search_path: str) -> KustomizeProgram:
        """Return the adapter for the program on a search path.

        Raises:
            OperationFailed: `programMissing`.
        """
        if kustomize := locate("kustomize", search_path=search_path):
            return cls(paths, (str(kustomize), "build"))
        if kubectl := locate("kubectl", search_path=search_path):
            return cls(paths, (str(kubectl), "kustomize"))
        message = "neither kustomize nor kubectl is on PATH; one of them builds kustomizations"
        raise OperationFailed(Problem("programMissing", message, remedy="install kubectl or kustomize"))

    async def build(self, path: str) -> bytes:
        """Return the rendered stream; see the port."""
        await asyncio.to_thread(check_kustomization, self.paths, path)
        with tempfile.TemporaryDirectory() as home:
            program = Program(
                argv=(*self.argv, "--load-restrictor=LoadRestrictionsRootOnly", "--", str(self.paths.root / path)),
                cwd=Path(home),
                env={"HOME": home, "HTTP_PROXY": _NOWHERE, "HTTPS_PROXY": _NOWHERE},
                timeout=SECONDS,
                output_limit=OUTPUT_BYTES,
                memory_limit=MEMORY_BYTES,
            )
            try:
                return (await run(program)).stdout
            except (ProgramFailed, ProgramLimitExceeded) as error:
                said = error.stderr.strip() if isinstance(error, ProgramFailed) else error.problems[0].message
                message = f"{path} cannot be built: {said.replace(str(self.paths.root), '.')}"
                remedy = f"run `kubectl kustomize {path}` and correct what it names"
                raise OperationFailed(Problem("kustomizeFailed", message, file=path, remedy=remedy)) from None
