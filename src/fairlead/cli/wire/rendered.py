"""Rendered releases, from the domain to the wire."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.cli.wire.documents import HookItem, Rendered, RenderedItem
from fairlead.domain.rendering import RenderedRelease


def rendered_document(releases: Iterable[RenderedRelease]) -> Rendered:
    """Return the document of `render`."""
    return Rendered(releases=[_release(release) for release in releases])


def _release(release: RenderedRelease) -> RenderedItem:
    return RenderedItem(
        **release.key.to_json(),
        name=release.key.release,
        digest=release.manifests_digest,
        manifests=[dict(manifest.data) for manifest in (*release.crds, *release.manifests)],
        hooks=[
            HookItem(
                events=list(hook.events),
                weight=hook.weight,
                delete_policies=list(hook.delete_policies),
                manifest=dict(hook.manifest.data),
            )
            for hook in release.hooks
        ],
        notes=release.notes,
    )
