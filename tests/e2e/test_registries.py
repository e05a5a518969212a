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
from tests.fakes.registry_program import push, registry_program

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
