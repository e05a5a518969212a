"""A chart as Helm keeps it inside the record of a release, made from the files of the chart.

The division is that of Helm's loader (`pkg/chart/v2/loader`). Dependencies are left out there too: a record holds the
outermost chart alone. Scalars where Helm expects text become text, as its YAML reader makes them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from fairlead.domain.chart_files import ChartFiles

ReadMapping = Callable[[bytes, str], Mapping[str, Any]]

_TEXTS: Final = ("name", "home", "version", "description", "icon", "apiVersion", "condition", "tags", "appVersion")
_MORE_TEXTS: Final = ("kubeVersion", "type")
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_PARTS: Final = frozenset({"Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json"})
_OLD_PARTS: Final = frozenset({"requirements.yaml", "requirements.lock"})  # of apiVersion v1; files all the same


def chart_json(files: ChartFiles, read: ReadMapping) -> dict[str, Any]:
    """Return the chart in Helm's form. `read` reads a YAML file (content, name) that holds a mapping."""

    def mapping(*names: str) -> Mapping[str, Any]:
        return next((read(files[name], name) for name in names if files.get(name, b"").strip()), {})

    metadata = _metadata(mapping("Chart.yaml"))
    needed = mapping("requirements.yaml").get("dependencies")
    if needed and "dependencies" not in metadata:
        metadata["dependencies"] = [_dependency(one) for one in needed]
    lock = mapping("Chart.lock", "requirements.lock")
    schema = files.get("values.schema.json")
    return {
        "metadata": metadata,
        "lock": _lock(lock) if lock else None,
        "templates": [_file(path, files[path]) for path in sorted(files) if path.startswith("templates/")],
        "values": dict(mapping("values.yaml")),
        "schema": base64.b64encode(schema).decode() if schema else None,
        "files": [_file(path, files[path]) for path in sorted(files) if _is_other(path, metadata)],
    }


def _is_other(path: str, metadata: Mapping[str, Any]) -> bool:
    if path in _OLD_PARTS:
        return bool(metadata.get("apiVersion", "v1") == "v1")
    return path not in _PARTS and not path.startswith(("templates/", "charts/"))


def _file(path: str, content: bytes) -> dict[str, str]:
    return {"name": path, "data": base64.b64encode(content).decode()}


def _metadata(declared: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: _text(declared[name]) for name in (*_TEXTS, *_MORE_TEXTS) if declared.get(name)}
    for name in ("sources", "keywords"):
        if declared.get(name):
            found[name] = [_text(one) for one in declared[name]]
    if declared.get("maintainers"):
        found["maintainers"] = [_texts(one, ("name", "email", "url")) for one in declared["maintainers"]]
    if declared.get("deprecated"):
        found["deprecated"] = True
    if declared.get("annotations"):
        found["annotations"] = {str(name): _text(value) for name, value in declared["annotations"].items()}
    if declared.get("dependencies"):
        found["dependencies"] = [_dependency(one) for one in declared["dependencies"]]
    return found


def _dependency(declared: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _texts(declared, ("name", "version", "repository", "condition", "alias"))
    found.setdefault("repository", "")
    if declared.get("tags"):
        found["tags"] = [_text(tag) for tag in declared["tags"]]
    if declared.get("import-values"):
        found["import-values"] = declared["import-values"]
    return found


def _lock(declared: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _texts(declared, ("digest", "generated"))
    found["dependencies"] = [_dependency(one) for one in declared.get("dependencies") or ()]
    if not _RFC3339.fullmatch(str(found.get("generated") or "")):
        found.pop("generated", None)  # Helm could not read the record for it
    return found


def _texts(declared: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _text(declared[name]) for name in names if declared.get(name)}


def _text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
