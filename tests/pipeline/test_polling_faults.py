"""F18: whatever a registry does to a list of tags, no release is led anywhere by a part of it, and no other waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.pipeline.upgrades.upgrading import Upgrading
from fairlead.ports.registry import Registry
from tests.fakes.charts import registries
from tests.fakes.clock import FakeClock
from tests.fakes.http import Answer, HttpServer
from tests.fakes.registry_server import RegistryServer, document, errors, times
from tests.fakes.upgrades import NOW, codes, seen, site

TAGS = [f"1.0.{number}" for number in range(100, 350)]
NEWEST, THIRD_PAGE = TAGS[-1], "acme/web/tags/list?last=1.0.299"
RELEASE = """\
  - name: {0}
    chart: {{dir: c}}
    trigger: {{image: {{track: PatchLevel}}}}
    values: [{{key: image.repository, value: '{1}/acme/{0}'}}, {{key: image.tag, value: {2}}}]
"""
WITHOUT_THE_NEWEST = Answer(200, document({"name": "acme/web", "tags": TAGS[200:-1]}))


@pytest.mark.parametrize(
    ("runs", "third_page", "code"),
    [
        (TAGS[0], errors(401, "UNAUTHORIZED"), "registryRefused"),
        (TAGS[0], errors(403, "DENIED"), "registryRefused"),
        (TAGS[0], errors(429, "TOOMANYREQUESTS"), "remoteBusy"),
        (TAGS[0], errors(500, "UNKNOWN"), "remoteUnavailable"),
        (TAGS[0], Answer(200, b'{"tags": ["1.0.300"', declared=1000), "unreachable"),
        (TAGS[0], Answer(200, b"<html>a proxy</html>"), "tagListUnusable"),
        (NEWEST, WITHOUT_THE_NEWEST, "currentNotListed"),
        (NEWEST, Answer(200, document({"name": "acme/web", "tags": None})), "currentNotListed"),
    ],
    ids=["401", "403", "429", "500", "cut off", "no list", "without the newest", "empty"],
)
async def test_a_third_page_that_is_not_what_it_should_be(
    tmp_path: Path, runs: str, third_page: Answer, code: str
) -> None:
    server = RegistryServer(page=100, faults=[times(10_000, third_page, where=THIRD_PAGE)])
    server.push_tags("acme/web", TAGS)
    server.push_tags("acme/api", ["1.0.0", "1.0.1"])
    async with HttpServer(server) as http:
        host = f"127.0.0.1:{http.port}"
        place = site(tmp_path, "releases:\n" + RELEASE.format("web", host, runs) + RELEASE.format("api", host, "1.0.0"))
        registry, clock = registries(), FakeClock(NOW)

        async def asked() -> Registry:
            return registry

        found = await Upgrading(place.rendering, asked, clock).poll(place.targets)
        await registry.close()

    assert seen(found) == [("api", "1.0.0", "1.0.1")]
    assert codes(found) == [("web", code)]
