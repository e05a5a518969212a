"""What is published: the tags of images, and the versions of charts.

Guarantees:
- A list is complete or it is an error. Nothing is ever decided from a part of one.
- One answer per run: the same question is asked of the other side once, however many releases ask it.
- Questions are independent: one that fails or waits delays no other (but those to one host share its limits).
- Tags, digests and versions are well-formed; anything else that the other side sent has been left out.
"""

from __future__ import annotations

from typing import Protocol

from fairlead.domain.config import ChartOci, ChartReference, HelmRepo
from fairlead.domain.images import ImageName
from fairlead.domain.published import ChartVersion, ImageFacts


class Registry(Protocol):
    """Where images and charts are published."""

    async def tags(self, image: ImageName) -> tuple[str, ...]:
        """Return every tag of an image, each once, in the order of the registry.

        Errors: `RemoteRefused` (`imageNotFound`, `registryRefused`), `OperationFailed` (`tagListUnusable`: endless or
        no list at all; `realmRefused`; `registryUnusable`), `Transient` (no answer, or try again later).
        """
        ...

    async def facts(self, image: ImageName, tag: str, platform: str | None = None) -> ImageFacts:
        """Return what a tag names, when that was made and how it is labelled.

        `platform` is `OS/ARCHITECTURE[/VARIANT]`; None takes `linux/amd64`, or else the first one of the image.
        Errors: as `tags`; `RemoteRefused` (`tagNotFound`, `platformNotFound`).
        """
        ...

    async def chart_versions(
        self, chart: ChartReference | ChartOci, repos: tuple[HelmRepo, ...], *, times: bool = False
    ) -> tuple[ChartVersion, ...]:
        """Return every published version of a chart, whatever version `chart` itself names.

        Repositories always tell when a version was made. Registries have to be asked for each, which `times` demands.
        Errors: `InputError` (`chartNotFound`, `chartInvalid`), and as `tags`.
        """
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
