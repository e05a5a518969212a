from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from fairlead.adapters.registries.registries import Registries
from fairlead.domain.errors import FairleadError, OperationFailed, RemoteRefused, Transient
from fairlead.domain.images import ImageName
from fairlead.domain.published import ImageFacts
from tests.fakes.charts import registries
from tests.fakes.http import Answer, HttpServer, Request
from tests.fakes.registry_server import CONFIG, INDEX, MANIFEST, RegistryServer, errors, times

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FACTS = ImageFacts("", NOON, {"org.opencontainers.image.source": "https://git.test/shop"})
BOTH = {"linux/amd64": FACTS, "linux/arm64": ImageFacts("", NOON, {})}


@pytest_asyncio.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registries]:
    made = registries(kept=tmp_path / "kept")
    yield made
    await made.close()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer(RegistryServer()) as made:
        yield made


def pages(server: HttpServer) -> RegistryServer:
    found = server._handler
    assert isinstance(found, RegistryServer)
    return found


def image(server: HttpServer) -> ImageName:
    return ImageName(f"127.0.0.1:{server.port}", "shop/api")


async def test_a_digest_that_is_known_costs_one_question(
    registry: Registries, server: HttpServer, tmp_path: Path
) -> None:
    digest = pages(server).push("shop/api", "1.0", BOTH)
    pages(server).tags["shop/api"]["latest"] = digest
    first = await registry.facts(image(server), "1.0")
    assert [request.method for request in server.requests] == ["HEAD", "GET", "GET", "GET"]
    assert await registry.facts(image(server), "latest") == first
    later = registries(kept=tmp_path / "kept")
    assert await later.facts(image(server), "1.0") == first == ImageFacts(digest, NOON, FACTS.labels)
    await later.close()
    assert [request.method for request in server.requests[4:]] == ["HEAD", "HEAD"]


async def test_the_same_question_is_put_once(registry: Registries, server: HttpServer) -> None:
    pages(server).push("shop/api", "1.0", {"linux/amd64": FACTS})
    await asyncio.gather(*(registry.facts(image(server), "1.0") for _ in range(10)))
    assert len(server.requests) == 3


async def test_a_tag_that_moved_is_seen(registry: Registries, server: HttpServer, tmp_path: Path) -> None:
    pages(server).push("shop/api", "latest", {"linux/amd64": FACTS})
    before = await registry.facts(image(server), "latest")
    moved = pages(server).push("shop/api", "latest", {"linux/amd64": ImageFacts("", None, {"a": "b"})})
    later = registries(kept=tmp_path / "kept")
    assert await later.facts(image(server), "latest") == ImageFacts(moved, None, {"a": "b"}) != before
    await later.close()


@pytest.mark.parametrize("status", [400, 405, 501])
async def test_registries_without_head_are_asked_in_full(status: int, registry: Registries, server: HttpServer) -> None:
    digest = pages(server).push("shop/api", "1.0", {"linux/amd64": FACTS})
    pages(server).faults.append(lambda request: Answer(status) if request.method == "HEAD" else None)
    assert await registry.facts(image(server), "1.0") == ImageFacts(digest, NOON, FACTS.labels)


async def test_registries_that_name_no_digest_have_theirs_computed(registry: Registries, server: HttpServer) -> None:
    digest = pages(server).push("shop/api", "1.0", {"linux/amd64": FACTS})

    def silent(request: Request) -> Answer | None:
        if not request.path.endswith("/manifests/1.0"):
            return None
        return Answer(200, pages(server).documents[digest][1], {"Content-Type": MANIFEST, "Docker-Content-Digest": "x"})

    pages(server).faults.append(silent)
    assert (await registry.facts(image(server), "1.0")).digest == digest


async def test_the_time_of_reproducible_builds_is_none(registry: Registries, server: HttpServer) -> None:
    pages(server).push("shop/api", "1.0", {"linux/amd64": ImageFacts("", datetime(1970, 1, 1, tzinfo=UTC))})
    assert (await registry.facts(image(server), "1.0")).created is None


async def test_one_platform_does_not_serve_another(registry: Registries, server: HttpServer) -> None:
    pages(server).push("shop/api", "1.0", {"linux/arm64": FACTS})
    assert (await registry.facts(image(server), "1.0", "linux/arm64")).created == NOON
    with pytest.raises(RemoteRefused) as caught:
        await registry.facts(image(server), "1.0", "linux/amd64")
    assert caught.value.code == "platformNotFound"


async def test_an_index_in_an_index_is_refused(registry: Registries, server: HttpServer) -> None:
    inner = pages(server).store(INDEX, {"mediaType": INDEX, "manifests": []})
    child = {"mediaType": MANIFEST, "digest": inner, "platform": {"os": "linux", "architecture": "amd64"}}
    outer = pages(server).store(INDEX, {"mediaType": INDEX, "manifests": [child]})
    pages(server).tags["shop/api"] = {"1.0": outer}
    with pytest.raises(OperationFailed) as caught:
        await registry.facts(image(server), "1.0")
    assert caught.value.code == "registryUnusable"


async def test_digests_that_cannot_be_checked_are_refused(registry: Registries, server: HttpServer) -> None:
    pages(server).push("shop/api", "1.0", {"linux/amd64": FACTS})
    sha512 = {"Docker-Content-Digest": "sha512:" + "0" * 128}
    pages(server).faults.append(lambda request: Answer(200, b"", sha512) if request.method == "HEAD" else None)
    with pytest.raises(OperationFailed) as caught:
        await registry.facts(image(server), "1.0")
    assert caught.value.code == "registryUnusable"


@pytest.mark.parametrize("what", ["manifests/sha256", "blobs/"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(200, b"{}"), OperationFailed),
        (Answer(200, b"<html>"), OperationFailed),
        (errors(403, "DENIED"), RemoteRefused),
        (errors(404, "BLOB_UNKNOWN"), RemoteRefused),
        (errors(500, "UNKNOWN"), Transient),
        (Answer(429, b"", {"Retry-After": "9999"}), Transient),
    ],
)
async def test_what_is_not_the_content_of_its_digest_is_an_error(
    what: str, answer: Answer, kind: type[FairleadError], registry: Registries, server: HttpServer, tmp_path: Path
) -> None:
    pages(server).push("shop/api", "1.0", {"linux/amd64": FACTS})
    pages(server).faults.append(lambda request: answer if what in request.path else None)
    with pytest.raises(kind):
        await registry.facts(image(server), "1.0")
    assert not (tmp_path / "kept").exists()  # nothing of it is remembered


async def test_one_failing_tag_disturbs_no_other(registry: Registries, server: HttpServer) -> None:
    for number in range(20):
        facts = ImageFacts("", NOON.replace(minute=number), {})
        pages(server).push("shop/api", f"1.{number}", {"linux/amd64": facts})
    bad = pages(server).tags["shop/api"]["1.7"]
    pages(server).faults.append(lambda request: Answer(500) if request.path.endswith(("/1.3", bad)) else None)
    found = await asyncio.gather(
        *(registry.facts(image(server), f"1.{number}") for number in range(20)), return_exceptions=True
    )
    assert [number for number, one in enumerate(found) if not isinstance(one, ImageFacts)] == [3, 7]


async def test_many_tags_are_described_through_a_registry_that_is_busy(
    registry: Registries, server: HttpServer
) -> None:
    for number in range(50):
        facts = ImageFacts("", NOON.replace(minute=number), {})
        pages(server).push("shop/api", f"1.{number}", {"linux/amd64": facts})
    pages(server).faults.append(times(9, Answer(429, b"", {"Retry-After": "2"})))
    found = await asyncio.gather(*(registry.facts(image(server), f"1.{number}") for number in range(50)))
    assert [fact.created for fact in found] == [NOON.replace(minute=number) for number in range(50)]


async def test_blobs_may_lie_elsewhere(registry: Registries, server: HttpServer) -> None:
    digest = pages(server).push("shop/api", "1.0", {"linux/amd64": FACTS})
    storage = RegistryServer()

    async def serve(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        blob = next(body for kind, body in pages(server).documents.values() if kind == CONFIG)
        return Answer(200, blob) if urlsplit(request.path).query == "signature=x%2Fy" else errors(403, "DENIED")

    async with HttpServer(serve) as there:
        away = Answer(307, b"", {"Location": f"{there.url}/store/data?signature=x%2Fy"})
        pages(server).faults.append(lambda request: away if "/blobs/" in request.path else None)
        assert await registry.facts(image(server), "1.0") == ImageFacts(digest, NOON, FACTS.labels)
    assert not storage.faults


async def test_who_may_not_ask_is_told_so(registry: Registries, server: HttpServer) -> None:
    pages(server).push("shop/api", "1.0", {"linux/amd64": FACTS})
    pages(server).faults.append(lambda request: Answer(403) if request.method == "HEAD" else None)
    with pytest.raises(RemoteRefused) as caught:
        await registry.facts(image(server), "1.0")
    assert caught.value.code == "registryRefused"


async def test_what_is_no_image_has_a_time_and_no_labels(registry: Registries, server: HttpServer) -> None:
    chart = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "sha256:" + "0" * 64},
        "layers": [],
        "annotations": {"org.opencontainers.image.created": "2026-11-21T12:00:00Z"},
    }
    digest = pages(server).store(MANIFEST, chart)
    pages(server).tags["shop/api"] = {"1.0.0": digest}
    assert await registry.facts(image(server), "1.0.0") == ImageFacts(digest, NOON)
