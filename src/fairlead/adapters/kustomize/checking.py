"""Looks through a kustomization before the program does: nothing remote, nothing outside the repository.

Kustomize clones what looks like a Git address before it looks for a folder of that name, and loads any URL where a
file may stand. So each place that names a file or folder is checked, in every kustomization that the first leads to.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.errors import InputError, Problem
from fairlead.doors.paths import Paths
from fairlead.doors.yaml import read_manifests

FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_FOLDERS_OR_FILES = ("resources", "bases", "components", "generators", "transformers", "validators")
_FILES = ("crds", "configurations", "patchesStrategicMerge")
_WITH_PATH = ("patches", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")
_PROGRAMS = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")
_REMOTE = re.compile(r"://|::|^[^/]*@|^[^/]*:|[?]|//|(?:^|/)_git/|\.git(?:/|$)|^github\.com/", re.IGNORECASE)


def check_kustomization(paths: Paths, directory: str) -> None:
    """Make sure that building a directory (relative to the repository) reads nothing but files of the repository.

    Raises:
        InputError: `kustomizeRemote`, `kustomizeProgram`, `kustomizeInvalid`, or from the path resolver.
    """
    _Checking(paths).folder(paths.directory("", directory))


@dataclass(frozen=True, slots=True)
class _Checking:
    paths: Paths
    seen: set[str] = field(default_factory=set)

    def folder(self, directory: str) -> None:
        if directory in self.seen:
            return
        self.seen.add(directory)
        file = self._kustomization(directory)
        content = self._content(file)
        if found := [name for name in _PROGRAMS if name in content]:
            message = f"{found[0]} makes kustomize run helm, which may fetch and run anything"
            remedy = "declare the chart as a release of its own"
            raise InputError(Problem("kustomizeProgram", message, file, path=found[0], remedy=remedy))
        for field_name, text in _named(content):
            self._path(directory, text, file=file, field_name=field_name)

    def _path(self, directory: str, text: str, *, file: str, field_name: str) -> None:
        if _REMOTE.search(text):
            message = f"found {text!r}, expected a path: kustomizations may not load anything from elsewhere"
            remedy = "copy it into the repository, where it can be reviewed"
            raise InputError(Problem("kustomizeRemote", message, file, path=field_name, remedy=remedy))
        try:
            found = self.paths.resolve(directory, text)
        except InputError as error:
            raise InputError(problem.at(file=file) for problem in error.problems) from None
        if (self.paths.root / found).is_dir():
            self._whole_folder(found) if field_name in _FILES else self.folder(found)

    def _whole_folder(self, directory: str) -> None:
        raise InputError(Problem("kustomizeInvalid", f"{directory} is a folder where a file is expected", directory))

    def _kustomization(self, directory: str) -> str:
        found = [name for name in FILES if (self.paths.root / directory / name).exists()]
        if len(found) != 1:
            message = f"{directory} holds {len(found)} of {', '.join(FILES)}, expected exactly one"
            remedy = "name the folder of a kustomization"
            raise InputError(Problem("kustomizeInvalid", message, directory, remedy=remedy))
        return posixpath.join(directory, found[0])

    def _content(self, file: str) -> dict[str, Any]:
        documents = read_manifests(self.paths.read(file), file)
        if len(documents) != 1 or not isinstance(documents[0][0], dict):
            raise InputError(Problem("kustomizeInvalid", "expected one mapping", file, remedy="see kustomize's docs"))
        content: dict[str, Any] = documents[0][0]
        return content


def _named(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every text that kustomize takes for a path, with the field it stands in."""
    for name in (*_FOLDERS_OR_FILES, *_FILES):
        # A text of several lines is an object written in place.
        yield from ((name, text) for text in _texts(content.get(name)) if "\n" not in text)
    for name in _WITH_PATH:
        yield from ((name, text) for item in _mappings(content.get(name)) for text in _texts(item.get("path")))
    for name in _GENERATORS:
        for item in _mappings(content.get(name)):
            # `KEY=PATH` or `PATH`; an address may hold the sign itself.
            for text in _texts(item.get("files")):
                yield name, text if _REMOTE.search(text) else text.partition("=")[2] or text
            yield from ((name, text) for key in ("envs", "env") for text in _texts(item.get(key)))
    yield from (("openapi", text) for item in _mappings(content.get("openapi")) for text in _texts(item.get("path")))


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str) and item]


def _mappings(value: Any) -> list[dict[str, Any]]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, dict)]
