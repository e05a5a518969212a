"""Lists of objects, as `kubectl get -o yaml` writes them, taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.manifests import Manifest

_DEEPEST = 8  # lists within lists


def flattened(manifests: Iterable[Manifest]) -> Iterator[Manifest]:
    """Yield the objects, those inside lists (`List`, `ConfigMapList`) one by one in the list's place.

    Raises:
        InputError: `objectInvalid`; a list holds something that is no object.
    """
    for manifest in manifests:
        yield from _items(manifest, 0)


def _items(manifest: Manifest, depth: int) -> Iterator[Manifest]:
    kind, items = str(manifest.data.get("kind")), manifest.data.get("items")
    if not kind.endswith("List") or not isinstance(items, list):
        yield manifest
        return
    for item in items:
        if not isinstance(item, dict) or depth == _DEEPEST:
            message = f"a {kind} holds something that is no object, or lists nested too deeply"
            raise InputError(Problem("objectInvalid", message, manifest.source, manifest.line))
        # Typed lists may leave out what their own kind already says.
        own = (
            {"apiVersion": manifest.data.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
        )
        yield from _items(replace(manifest, data={**own, **item}), depth + 1)
