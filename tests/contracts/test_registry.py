"""What every `Registry` promises: one suite over the fake and over the adapters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

import pytest

from fairlead.domain.config import ChartOci, ChartReference
from fairlead.domain.errors import FairleadError, InputError, RemoteRefused
from fairlead.domain.images import ImageName, parse_image
from fairlead.domain.published import ChartVersion, ImageFacts
from fairlead.ports.registry import Registry
from tests.fakes.registry import FakeRegistry

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LABELS = {"org.opencontainers.image.source": "https://git.example.org/shop"}


class World(Protocol):
    """A registry, and the means to publish."""

    host: str

    @property
    def registry(self) -> Registry: ...

    def publish(self, image: str, platforms: Mapping[str, ImageFacts]) -> str:
        """Publish an image (digests in `platforms` do not matter) and return its digest."""
        ...

    def publish_chart(self, reference: str, *versions: str) -> None: ...


class FakeWorld:
    host = "registry.test"

    def __init__(self) -> None:
        self.registry = FakeRegistry()

    def publish(self, image: str, platforms: Mapping[str, ImageFacts]) -> str:
        digest = f"sha256:{len(self.registry.images):064x}"
        self.registry.publish(
            image, {name: ImageFacts(digest, one.created, one.labels) for name, one in platforms.items()}
        )
        return digest

    def publish_chart(self, reference: str, *versions: str) -> None:
        self.registry.publish_chart(reference, *(ChartVersion(version) for version in versions))


@pytest.fixture(params=["fake"])
def world() -> World:
    return FakeWorld()


def name(world: World, repository: str) -> ImageName:
    return parse_image(f"{world.host}/{repository}").name


async def test_every_tag_is_listed_once(world: World) -> None:
    for tag in ("1.0", "1.1", "latest"):
        world.publish(f"{world.host}/shop/api:{tag}", {"linux/amd64": ImageFacts("")})
    assert sorted(await world.registry.tags(name(world, "shop/api"))) == ["1.0", "1.1", "latest"]


async def test_an_image_that_is_not_there_is_an_error(world: World) -> None:
    world.publish(f"{world.host}/shop/api:1.0", {"linux/amd64": ImageFacts("")})
    for question in (
        world.registry.tags(name(world, "shop/other")),
        world.registry.facts(name(world, "shop/other"), "1"),
    ):
        with pytest.raises(RemoteRefused) as refused:
            await question
        assert refused.value.status == 404


async def test_a_tag_is_described(world: World) -> None:
    digest = world.publish(f"{world.host}/shop/api:1.0", {"linux/amd64": ImageFacts("", NOON, LABELS)})
    assert await world.registry.facts(name(world, "shop/api"), "1.0") == ImageFacts(digest, NOON, LABELS)


async def test_a_tag_that_is_not_there_is_an_error(world: World) -> None:
    world.publish(f"{world.host}/shop/api:1.0", {"linux/amd64": ImageFacts("")})
    with pytest.raises(RemoteRefused) as refused:
        await world.registry.facts(name(world, "shop/api"), "2.0")
    assert refused.value.code == "tagNotFound"


async def test_a_platform_is_chosen_and_the_digest_stays_that_of_all(world: World) -> None:
    other = {"org.opencontainers.image.title": "arm"}
    platforms = {"linux/arm64": ImageFacts("", None, other), "linux/amd64": ImageFacts("", NOON, LABELS)}
    digest = world.publish(f"{world.host}/shop/api:1.0", platforms)
    image = name(world, "shop/api")
    assert await world.registry.facts(image, "1.0") == ImageFacts(digest, NOON, LABELS)
    assert await world.registry.facts(image, "1.0", "linux/arm64") == ImageFacts(digest, None, other)
    with pytest.raises(RemoteRefused) as refused:
        await world.registry.facts(image, "1.0", "windows/amd64")
    assert refused.value.code == "platformNotFound"


async def test_without_amd64_the_first_platform_counts(world: World) -> None:
    platforms = {"linux/arm64": ImageFacts("", NOON, LABELS), "linux/s390x": ImageFacts("")}
    digest = world.publish(f"{world.host}/shop/api:1.0", platforms)
    assert await world.registry.facts(name(world, "shop/api"), "1.0") == ImageFacts(digest, NOON, LABELS)


async def test_versions_of_a_chart_are_listed(world: World) -> None:
    reference = f"oci://{world.host}/charts/shop"
    world.publish_chart(reference, "1.0.0", "1.1.0+build.5")
    found = await world.registry.chart_versions(ChartOci(reference, "1.0.0"), ())
    assert sorted(one.version for one in found) == ["1.0.0", "1.1.0+build.5"]


@pytest.mark.parametrize("chart", [ChartReference("stable/none", "1.0.0"), ChartOci("oci://{host}/none", "1.0.0")])
async def test_a_chart_that_is_not_there_is_an_error(world: World, chart: ChartReference | ChartOci) -> None:
    wanted = type(chart)(chart.reference.format(host=world.host), chart.version)
    with pytest.raises(FairleadError) as refused:
        await world.registry.chart_versions(wanted, ())
    assert isinstance(refused.value, InputError)
