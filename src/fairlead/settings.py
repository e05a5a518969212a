"""What the process's environment says, read once. Nothing else in Fairlead reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment as Fairlead understands it.

    `cache` holds everything that can be made again: built programs of the sandbox, charts, rendered output.
    `environ` is the whole environment, for `valueFrom.env` and for the children that need the user's own
    (`gcloud`, `kubectl`, credential plugins).
    """

    home: Path
    cache: Path
    data: Path
    environments_file: Path
    kubeconfig: tuple[Path, ...]
    helm: str | None
    search_path: str
    no_color: bool
    environ: Mapping[str, str] = field(repr=False)

    @property
    def own_cache(self) -> Path:
        """A cache that may be written: `cache`, or the user's usual place where `cache` belongs to somebody else."""
        existing = next((folder for folder in (self.cache, *self.cache.absolute().parents) if folder.exists()), None)
        usable = existing is not None and existing.is_dir() and os.access(existing, os.W_OK)
        return self.cache if usable else self.home / ".cache" / "fairlead"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from `environ`, the process's own by default."""
        env = dict(os.environ if environ is None else environ)  # noqa: TID251 - this module is the reader
        home = Path(env.get("HOME") or "~").expanduser()
        cache = Path(env.get("FAIRLEAD_CACHE") or Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "fairlead")
        data = Path(env.get("XDG_STATE_HOME") or home / ".local" / "state") / "fairlead"
        declared = env.get("FAIRLEAD_ENVIRONMENTS") or env.get("KUBECD_ENVIRONMENTS") or "environments.yaml"
        kubeconfig = tuple(Path(part) for part in env.get("KUBECONFIG", "").split(os.pathsep) if part)
        return cls(
            home=home,
            cache=cache,
            data=data,
            environments_file=Path(declared),
            kubeconfig=kubeconfig or (home / ".kube" / "config",),
            helm=env.get("FAIRLEAD_HELM") or None,
            search_path=env.get("PATH", os.defpath),
            no_color=bool(env.get("NO_COLOR")),
            environ=env,
        )
