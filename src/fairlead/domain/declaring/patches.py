"""From what was found under `patches` to patches of the model."""

from __future__ import annotations

from typing import Any

from fairlead.domain.config import Patch, PatchType
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord
from fairlead.domain.errors import InputError
from fairlead.domain.resolving import to_object

_JSON_PATCH_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


def read_patches(release: FoundRecord, findings: Findings) -> tuple[Patch, ...]:
    """Return a release's patches in order; a mapping is a strategic merge patch, a list a JSON patch."""
    patches = (_patch(item, findings) for item in release.records("patches") if item.sound)
    return tuple(patch for patch in patches if patch is not None)


def _patch(item: FoundRecord, findings: Findings) -> Patch | None:
    written, target = item.structure("patch"), item.record("target")
    if written is None or (target is not None and not target.sound):
        return None
    try:
        content = to_object(written.node, item.place.file)
    except InputError as error:
        findings.add_at(written.place, error.problems)
        return None
    problem = _patch_problem(content)
    if problem is not None:
        findings.error(written.place, "invalidPatch", *problem)
        return None
    kind, name = _patch_target(target, content)
    if kind is None and name is None:
        message = "found no object that the patch is for"
        findings.error(item.place, "patchTarget", message, "add `target: {kind: ..., name: ...}`")
        return None
    kind_of_patch = PatchType.STRATEGIC if isinstance(content, dict) else PatchType.JSON6902
    return Patch(kind, name, kind_of_patch, content, item.place)


def _patch_problem(content: Any) -> tuple[str, str] | None:
    """Return message and remedy when the content is no patch."""
    if isinstance(content, dict) and content:
        return None
    if not isinstance(content, list) or not content:
        return "found neither fields nor operations", "write a mapping of fields, or a list of JSON patch operations"
    for number, operation in enumerate(content):
        if not isinstance(operation, dict) or operation.get("op") not in _JSON_PATCH_OPERATIONS:
            return f"operation {number} has no known `op`", f"write one of {', '.join(_JSON_PATCH_OPERATIONS)}"
        if not isinstance(operation.get("path"), str) or operation["path"][:1] not in ("", "/"):
            return f"operation {number} has no `path`", "write a JSON Pointer such as /spec/replicas"
    return None


def _patch_target(target: FoundRecord | None, content: Any) -> tuple[str | None, str | None]:
    if target is not None:
        return target.text("kind"), target.text("name")
    if not isinstance(content, dict):
        return None, None
    metadata = content.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    kind = content.get("kind")
    return (kind if isinstance(kind, str) else None), (name if isinstance(name, str) else None)
