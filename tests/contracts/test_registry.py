"""What every `Registry` promises: one suite over the fake and over the adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio

from fairlead.domain.config import ChartOci, ChartReference
from fairlead.domain.errors import FairleadError, InputError, RemoteRefused
from fairlead.domain.images import ImageName, parse_image
from fairlead.domain.published import ChartVersion, ImageFacts
from fairlead.ports.registry import Registry
from tests.fakes.charts import registries
from tests.fakes.http import HttpServer
from tests.fakes.registry import FakeRegistry
from tests.fakes.registry_program import push, registry_program
from tests.fakes.registry_server import RegistryServer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LABELS = {"org.opencontainers.image.source": "https://git.example.org/shop"}


class World(Protocol):
    """A registry, and the means to publish."""

    host: str

    @property
    def registry(self) -> Registry: ...

    async def publish(self, image: str, platforms: Mapping[str, ImageFacts]) -> str:
        """Publish an image (digests in `platforms` do not matter) and return its digest."""
        ...

    async def publish_chart(self, reference: str, *versions: str) -> None: ...


class FakeWorld:
    host = "registry.test"

    def __init__(self) -> None:
        self.registry = FakeRegistry()

    async def publish(self, image: str, platforms: Mapping[str, ImageFacts]) -> str:
        digest = f"sha256:{len(self.registry.images):064x}"
        self.registry.publish(
            image, {name: ImageFacts(digest, one.created, one.labels) for name, one in platforms.items()}
        )
        return digest

    async def publish_chart(self, reference: str, *versions: str) -> None:
        self.registry.publish_chart(reference, *(ChartVersion(version) for version in versions))


class ServedWorld:
    """The adapter, and a server that speaks the distribution API."""

    def __init__(self, registry: Registry, server: RegistryServer, host: str) -> None:
        self.registry = registry
        self.host = host
        self._server = server

    async def publish(self, image: str, platforms: Mapping[str, ImageFacts]) -> str:
        reference = parse_image(image)
        return self._server.push(reference.name.repository, reference.tag or "", platforms)

    async def publish_chart(self, reference: str, *versions: str) -> None:
        repository = parse_image(reference.removeprefix("oci://")).name.repository
        self._server.push_tags(repository, [version.replace("+", "_") for version in versions])


class RealWorld:
    """The adapter, and the registry program of the sandbox."""

    def __init__(self, registry: Registry, host: str) -> None:
        self.registry = registry
        self.host = host

    async def publish(self, image: str, platforms: Mapping[str, ImageFacts]) -> str:
        reference = parse_image(image)
        return await push(self.host, reference.name.repository, [reference.tag or ""], platforms)

    async def publish_chart(self, reference: str, *versions: str) -> None:
        repository = parse_image(reference.removeprefix("oci://")).name.repository
        await push(self.host, repository, [version.replace("+", "_") for version in versions])


@pytest_asyncio.fixture(params=["fake", "server", pytest.param("program", marks=pytest.mark.e2e)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "fake":
        yield FakeWorld()
        return
    asking = registries(kept=tmp_path / "kept")
    if request.param == "server":
        pages = RegistryServer(page=2)
        async with HttpServer(pages) as server:
            yield ServedWorld(asking, pages, f"127.0.0.1:{server.port}")
    else:
        async with registry_program(tmp_path) as host:
            yield RealWorld(asking, host)
    await asking.close()


def name(world: World, repository: str) -> ImageName:
    return parse_image(f"{world.host}/{repository}").name


async def test_every_tag_is_listed_once(world: World) -> None:
    for tag in ("1.0", "1.1", "latest"):
        await world.publish(f"{world.host}/shop/api:{tag}", {"linux/amd64": ImageFacts("")})
    assert sorted(await world.registry.tags(name(world, "shop/api"))) == ["1.0", "1.1", "latest"]


async def test_an_image_that_is_not_there_is_an_error(world: World) -> None:
    await world.publish(f"{world.host}/shop/api:1.0", {"linux/amd64": ImageFacts("")})
    for question in (
        world.registry.tags(name(world, "shop/other")),
        world.registry.facts(name(world, "shop/other"), "1"),
    ):
        with pytest.raises(RemoteRefused) as refused:
            await question
        assert refused.value.status == 404


async def test_a_tag_is_described(world: World) -> None:
    digest = await world.publish(f"{world.host}/shop/api:1.0", {"linux/amd64": ImageFacts("", NOON, LABELS)})
    assert await world.registry.facts(name(world, "shop/api"), "1.0") == ImageFacts(digest, NOON, LABELS)


async def test_a_tag_that_is_not_there_is_an_error(world: World) -> None:
    await world.publish(f"{world.host}/shop/api:1.0", {"linux/amd64": ImageFacts("")})
    with pytest.raises(RemoteRefused) as refused:
        await world.registry.facts(name(world, "shop/api"), "2.0")
    assert refused.value.code == "tagNotFound"


async def test_a_platform_is_chosen_and_the_digest_stays_that_of_all(world: World) -> None:
    other = {"org.opencontainers.image.title": "arm"}
    platforms = {"linux/arm64": ImageFacts("", None, other), "linux/amd64": ImageFacts("", NOON, LABELS)}
    digest = await world.publish(f"{world.host}/shop/api:1.0", platforms)
    image = name(world, "shop/api")
    assert await world.registry.facts(image, "1.0") == ImageFacts(digest, NOON, LABELS)
    assert await world.registry.facts(image, "1.0", "linux/arm64") == ImageFacts(digest, None, other)
    with pytest.raises(RemoteRefused) as refused:
        await world.registry.facts(image, "1.0", "windows/amd64")
    assert refused.value.code == "platformNotFound"


async def test_without_amd64_the_first_platform_counts(world: World) -> None:
    platforms = {"linux/arm64": ImageFacts("", NOON, LABELS), "linux/s390x": ImageFacts("")}
    digest = await world.publish(f"{world.host}/shop/api:1.0", platforms)
    assert await world.registry.facts(name(world, "shop/api"), "1.0") == ImageFacts(digest, NOON, LABELS)


async def test_versions_of_a_chart_are_listed(world: World) -> None:
    reference = f"oci://{world.host}/charts/shop"
    await world.publish_chart(reference, "1.0.0", "1.1.0+build.5")
    found = await world.registry.chart_versions(ChartOci(reference, "1.0.0"), ())
    assert sorted(one.version for one in found) == ["1.0.0", "1.1.0+build.5"]


@pytest.mark.parametrize("chart", [ChartReference("stable/none", "1.0.0"), ChartOci("oci://{host}/none", "1.0.0")])
async def test_a_chart_that_is_not_there_is_an_error(world: World, chart: ChartReference | ChartOci) -> None:
    wanted = type(chart)(chart.reference.format(host=world.host), chart.version)
    with pytest.raises(FairleadError) as refused:
        await world.registry.chart_versions(wanted, ())
    assert isinstance(refused.value, InputError)
