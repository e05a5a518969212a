"""Everything that is asked of a registry, against the distribution registry itself with thousands of tags."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from fairlead.domain.errors import RemoteRefused
from fairlead.domain.images import ImageName
from fairlead.domain.published import ImageFacts
from tests.fakes.charts import registries
from tests.fakes.registry_program import Endpoint, push, registry_program
from tests.fakes.repository import write_files
from tests.fakes.webhooks import SECRET, serving

pytestmark = pytest.mark.e2e

TAGS = [f"1.{minor}.{patch}" for minor in range(50) for patch in range(50)]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest_asyncio.fixture
async def host(tmp_path: Path) -> AsyncIterator[str]:
    async with registry_program(tmp_path) as made:
        yield made


async def test_thousands_of_tags_are_listed_whole_and_described(host: str, tmp_path: Path) -> None:
    digest = await push(host, "shop/api", TAGS, {"linux/amd64": ImageFacts("", NOON), "linux/arm64": ImageFacts("")})
    image = ImageName(host, "shop/api")
    asking = registries(kept=tmp_path / "kept")
    found = await asking.tags(image)
    assert (len(found), set(found)) == (2500, set(TAGS))
    facts = await asyncio.gather(*(asking.facts(image, tag) for tag in TAGS[:200]))
    assert set(map(repr, facts)) == {repr(ImageFacts(digest, NOON, {}))}
    with pytest.raises(RemoteRefused):
        await asking.tags(ImageName(host, "shop/none"))
    await asking.close()


ENVIRONMENTS = """\
clusters: [{name: eu, provider: {minikube: {}}}]
environments:
  - {name: test, clusterName: eu, kubeNamespace: shop, releasesFiles: [apps.yaml]}
"""
APPS = """\
releases:
  - name: web
    chart: {{dir: c}}
    trigger: {{image: {{track: PatchLevel}}}}
    values: [{{key: image.repository, value: '{host}/shop/web'}}, {{key: image.tag, value: {tag}}}]
"""
CONFIG = "receivers:\n  - {name: registry, provider: distribution, secretFrom: {env: CI_SECRET}}\n"


async def test_a_registry_tells_of_a_push_by_itself_and_it_is_written_down(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    write_files(shop, {"environments.yaml": ENVIRONMENTS, "apps.yaml": "", "c/": "", "webhooks.yaml": CONFIG})
    async with serving(shop, "--patch") as server:
        tells = Endpoint(f"http://127.0.0.1:{server.port}/hooks/registry", SECRET)
        async with registry_program(tmp_path, tells) as host:
            (shop / "apps.yaml").write_text(APPS.format(host=host, tag="1.0.0"))
            await push(host, "shop/web", ["1.0.1"])
            async with asyncio.timeout(30):
                while "1.0.0 -> 1.0.1" not in await server.line():
                    pass
    assert (shop / "apps.yaml").read_text() == APPS.format(host=host, tag="1.0.1")
