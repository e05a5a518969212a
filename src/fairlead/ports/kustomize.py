"""Builds a kustomization directory into one YAML stream, without network and without leaving the repository."""

from __future__ import annotations

from typing import Protocol


class Kustomize(Protocol):
    """The `kustomize` program, or `kubectl kustomize`."""

    async def build(self, path: str) -> bytes:
        """Return the rendered stream of a directory, given relative to the repository.

        Raises:
            InputError: `kustomizeRemote`, `kustomizeProgram`, `kustomizeInvalid`, or a path that leaves the repository.
            OperationFailed: `kustomizeFailed` or `programMissing`.
        """
        ...
