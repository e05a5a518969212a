"""The real programs that adapters are compared with: built once into the sandbox's cache."""

from __future__ import annotations

from pathlib import Path

from fairlead.sandbox.build import ensure
from fairlead.sandbox.modules import HELM, KUSTOMIZE
from fairlead.settings import Settings


async def helm_program() -> Path:
    """Return the path of `helm`."""
    return (await ensure([HELM], Settings.from_environment(), lambda _: None))["helm"]


async def kustomize_program() -> Path:
    """Return the path of `kustomize`."""
    return (await ensure([KUSTOMIZE], Settings.from_environment(), lambda _: None))["kustomize"]
