"""Chart.yaml and Chart.lock, read and checked."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.chart_files import ChartFiles
from fairlead.domain.chart_places import is_chart_name
from fairlead.domain.errors import InputError, Problem
from fairlead.doors.yaml import read_manifests

_VERSION = re.compile(r"v?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


@dataclass(frozen=True, slots=True)
class Dependency:
    """A chart that another needs. `declared` is the whole entry, which the lock's digest covers."""

    name: str
    version: str
    repository: str
    declared: Mapping[str, Any] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What Chart.yaml says, as far as bringing the chart here needs it."""

    name: str
    version: str
    dependencies: tuple[Dependency, ...]
    lock: Lock | None


@dataclass(frozen=True, slots=True)
class Lock:
    """The exact dependencies that `helm dependency update` chose, and for which declaration."""

    digest: str
    dependencies: tuple[Dependency, ...]

    def version_of(self, dependency: Dependency) -> str | None:
        """Return the locked version of a dependency."""
        same = (
            one for one in self.dependencies if (one.name, one.repository) == (dependency.name, dependency.repository)
        )
        return next((one.version for one in same), None)


def read_metadata(files: ChartFiles, *, where: str) -> Metadata:
    """Read the metadata of a chart. `where` is how to call the chart's folder in errors.

    Raises:
        InputError: `chartInvalid`, or what the YAML reader finds.
    """
    file = f"{where}/Chart.yaml"
    if "Chart.yaml" not in files:
        message = f"{where} is no chart: it has no Chart.yaml"
        raise InputError(Problem("chartInvalid", message, file=where, remedy="name the folder that holds Chart.yaml"))
    top = _mapping(files["Chart.yaml"], file)
    name, version = _text(top.get("name")), _text(top.get("version"))
    if not is_chart_name(name):
        raise _invalid(file, "name", f"found {name!r}, expected letters, digits, `.`, `_` and `-`")
    if not _VERSION.fullmatch(version):
        raise _invalid(file, "version", f"found {version!r}, expected a version such as 1.2.3")
    # Charts of Helm 2 (apiVersion v1) keep their dependencies in files of their own.
    old = _mapping(files["requirements.yaml"], f"{where}/requirements.yaml") if "requirements.yaml" in files else {}
    dependencies = _dependencies(top.get("dependencies") or old.get("dependencies"), file)
    return Metadata(name, version, dependencies, _lock(files, where))


def lock_digest(declared: tuple[Dependency, ...], locked: tuple[Dependency, ...]) -> str:
    """Return the digest that Helm writes into Chart.lock (`internal/resolver`, `HashReq`)."""
    both = [[_hashed(one.declared) for one in declared], [_hashed(one.declared) for one in locked]]
    text = json.dumps(both, separators=(",", ":"), ensure_ascii=False)
    for char in "<>&\u2028\u2029":  # what Go's encoder escapes
        text = text.replace(char, f"\\u{ord(char):04x}")
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _hashed(entry: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"name": _text(entry.get("name"))}
    for key in ("version", "repository", "condition", "tags", "enabled", "import-values", "alias"):
        value = entry.get(key)
        if key == "repository":
            out[key] = _text(value)
        elif value:
            out[key] = _sorted(value) if key in {"tags", "import-values", "enabled"} else _text(value)
    return out


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _lock(files: ChartFiles, where: str) -> Lock | None:
    for name in ("Chart.lock", "requirements.lock"):
        if name in files:
            file = f"{where}/{name}"
            content = _mapping(files[name], file)
            return Lock(_text(content.get("digest")), _dependencies(content.get("dependencies"), file))
    return None


def _dependencies(entries: Any, file: str) -> tuple[Dependency, ...]:
    if entries is None:
        return ()
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _invalid(file, "dependencies", "expected a list of mappings")
    found = []
    for index, entry in enumerate(entries):
        name = _text(entry.get("name"))
        if not is_chart_name(name):
            raise _invalid(file, f"dependencies[{index}].name", f"found {name!r}, expected the name of a chart")
        found.append(Dependency(name, _text(entry.get("version")), _text(entry.get("repository")), entry))
    return tuple(found)


def _mapping(content: bytes, file: str) -> dict[str, Any]:
    documents = read_manifests(content, file, duplicates=True)
    if not documents or not isinstance(documents[0][0], dict):
        raise _invalid(file, "", "expected a mapping")
    mapping: dict[str, Any] = documents[0][0]
    return mapping


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _invalid(file: str, path: str, message: str) -> InputError:
    shown = f"{path}: {message}" if path else message
    remedy = "correct the chart, or name another chart or version"
    return InputError(Problem("chartInvalid", shown, file=file, path=path or None, remedy=remedy))
