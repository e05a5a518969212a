"""Writes the starter repository of `fairlead new`."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from fairlead.domain.errors import InputError, Problem

# Packaging tools leave dot files out, so this one is shipped under a plain name.
_RENAMED = {"gitignore": ".gitignore"}


def write_starter(target: Path) -> tuple[str, ...]:
    """Write the starter repository into a new or empty directory and return the files written, relative to it.

    Raises:
        InputError: `target` is a file, or a directory that is not empty; nothing is written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(
            Problem(
                code="directoryNotEmpty",
                message=f"{target} exists and is not an empty directory",
                file=str(target),
                remedy="name a directory that does not exist yet",
            )
        )
    written = sorted(_copy(files("fairlead.pipeline") / "starter", target, ""))
    return tuple(written)


def _copy(source: Traversable, target: Path, prefix: str) -> list[str]:
    target.mkdir(parents=True, exist_ok=True)
    written: list[str] = []
    for item in source.iterdir():
        name = _RENAMED.get(item.name, item.name)
        if item.is_dir():
            written += _copy(item, target / name, f"{prefix}{name}/")
        else:
            (target / name).write_bytes(item.read_bytes())
            written.append(prefix + name)
    return written
