"""Changes that a release makes to what it rendered, charts included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fairlead.domain.config import Patch, PatchType
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.json_patch import PatchFailed, apply_json_patch
from fairlead.domain.manifests import Manifest
from fairlead.domain.masking import is_secret
from fairlead.domain.strategic_merge import merge_strategic


def apply_patches(manifests: Sequence[Manifest], patches: Sequence[Patch]) -> tuple[Manifest, ...]:
    """Return the manifests with every patch applied, in the order declared.

    Raises:
        InputError: a patch matches no object (`patchMatchesNothing`), does not fit (`patchFailed`), or changes which
            object it is (`patchChangesIdentity`). All such patches are named at once.
    """
    patched = list(manifests)
    problems: list[Problem] = []
    for patch in patches:
        matching = [index for index, manifest in enumerate(patched) if _matches(patch, manifest)]
        if not matching:
            problems.append(_problem(patch, "patchMatchesNothing", f"this patch matches no object: {_target(patch)}"))
        for index in matching:
            try:
                patched[index] = _apply_one(patched[index], patch)
            except InputError as error:
                problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return tuple(patched)


def _matches(patch: Patch, manifest: Manifest) -> bool:
    ref = manifest.ref
    return patch.kind in (None, ref.kind) and patch.name in (None, ref.name)


def _apply_one(manifest: Manifest, patch: Patch) -> Manifest:
    data: Any
    try:
        match patch.type:
            case PatchType.STRATEGIC:
                data = merge_strategic(manifest.data, patch.patch)
            case PatchType.JSON6902:
                data = apply_json_patch(manifest.data, patch.patch)
    except PatchFailed as error:
        reason = "why is not said of a Secret" if is_secret(manifest.data) else error.reason  # it quotes what it found
        message = f"operation {error.index} does not fit {manifest.ref}: {reason}"
        raise InputError(_problem(patch, "patchFailed", message)) from None
    if not isinstance(data, Mapping) or replace(manifest, data=data).ref != manifest.ref:
        message = f"this patch changes the kind, name or namespace of {manifest.ref}"
        raise InputError(_problem(patch, "patchChangesIdentity", message))
    return replace(manifest, data=data)


def _target(patch: Patch) -> str:
    return f"kind {patch.kind or 'any'}, name {patch.name or 'any'}"


def _problem(patch: Patch, code: str, message: str) -> Problem:
    return Problem(
        code=code,
        message=message,
        file=patch.place.file,
        line=patch.place.line,
        column=patch.place.column,
        path=patch.place.path,
        remedy="compare it with the output of `fairlead render`",
    )
