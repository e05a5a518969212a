from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fairlead.adapters.charts.cache import ChartCache
from fairlead.adapters.charts.remote import Remote
from fairlead.adapters.registries.registries import Registries
from fairlead.domain.chart_places import ChartPlace
from fairlead.domain.config import ChartOci, ChartReference, EnvRef, HelmRepo, Place
from fairlead.domain.errors import (
    FairleadError,
    InputError,
    OperationFailed,
    Problem,
    RemoteRefused,
    Severity,
    Transient,
)
from fairlead.domain.published import ChartVersion, ImageFacts
from fairlead.doors.fetch import basic_auth
from tests.fakes.certificates import Authority
from tests.fakes.chart_server import Pages, demand, index_of, packaged
from tests.fakes.charts import registries
from tests.fakes.http import Answer, HttpServer, Request
from tests.fakes.registry_server import RegistryServer

PLACE = Place("environments.yaml", 3, 1)


@pytest_asyncio.fixture
async def remote(tmp_path: Path) -> AsyncIterator[Remote]:
    asking = registries()
    yield Remote(ChartCache(tmp_path / "cache"), asking)
    await asking.close()


async def fetched(
    remote: Remote, pages: Pages, reference: str = "shop/small", version: str = "1.0.0", **repo: Any
) -> bytes:
    async with HttpServer(pages) as server:
        repos = (HelmRepo("shop", f"{server.url}{repo.pop('path', '')}", PLACE, **repo),)
        return await remote.archive(ChartReference(reference.replace("URL", server.url), version), repos)


@pytest.mark.parametrize(("published", "wanted"), [("1.0.0", "1.0.0"), ("v1.0.0", "1.0.0"), ("1.0.0", "v1.0.0")])
async def test_versions_are_found_with_and_without_their_letter(published: str, wanted: str, remote: Remote) -> None:
    pages = Pages()
    pages.publish("small", "0.9.0", packaged(version="0.9.0"))
    pages.publish("small", published, packaged())
    assert await fetched(remote, pages, version=wanted) == packaged()


async def test_repositories_may_lie_below_a_path_and_archives_anywhere(remote: Remote) -> None:
    pages = Pages()
    pages.publish("small", "1.0.0", packaged(), urls=["/files/x.tgz"])
    pages.pages["/files/x.tgz"] = pages.pages.pop("/small-1.0.0.tgz")
    pages.pages["/deep/er/index.yaml"] = pages.pages.pop("/index.yaml")
    assert await fetched(remote, pages, path="/deep/er/") == packaged()


async def test_dependencies_name_repositories_by_address(remote: Remote) -> None:
    pages = Pages()
    pages.publish("small", "1.0.0", packaged())
    assert await fetched(remote, pages, reference="URL/small") == packaged()


async def test_the_index_is_read_once(remote: Remote) -> None:
    pages = Pages()
    for version in ("1.0.0", "2.0.0"):
        pages.publish("small", version, packaged(version=version))
    async with HttpServer(pages) as server:
        for version in ("1.0.0", "2.0.0", "1.0.0"):
            await remote.archive(ChartReference("shop/small", version), (HelmRepo("shop", server.url, PLACE),))
    assert [request.path for request in server.requests].count("/index.yaml") == 1
    assert len(server.requests) == 3


async def test_an_index_that_could_not_be_had_is_asked_for_again(remote: Remote) -> None:
    pages = Pages({"/index.yaml": Answer(503)})
    async with HttpServer(pages) as server:
        repos = (HelmRepo("shop", server.url, PLACE),)
        with pytest.raises(Transient):
            await remote.archive(ChartReference("shop/small", "1.0.0"), repos)
        del pages.pages["/index.yaml"]
        pages.publish("small", "1.0.0", packaged())
        assert await remote.archive(ChartReference("shop/small", "1.0.0"), repos) == packaged()


async def test_user_and_password_open_a_repository(remote: Remote) -> None:
    pages = Pages(guard=demand(basic_auth("me", "password of PW")["Authorization"], Answer(401)))
    pages.publish("small", "1.0.0", packaged())
    with pytest.raises(RemoteRefused):
        await fetched(remote, pages)
    assert await fetched(remote, pages, username="me", password_from=EnvRef("PW")) == packaged()


async def test_a_private_authority_and_a_client_certificate_open_a_repository(remote: Remote, tmp_path: Path) -> None:
    authority = Authority()
    pair = authority.issue("client")
    files = {"ca_file": authority.ca, "cert_file": pair.certificate, "key_file": pair.key}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    paths: dict[str, Any] = {name: str(tmp_path / name) for name in files}
    pages = Pages()
    pages.publish("small", "1.0.0", packaged())
    chart = ChartReference("shop/small", "1.0.0")
    async with HttpServer(pages, tls=authority.server_context("127.0.0.1", demand_client=True)) as server:
        with pytest.raises(OperationFailed) as caught:
            await remote.archive(chart, (HelmRepo("shop", server.url, PLACE),))
        assert caught.value.code == "tlsRefused"
        assert await remote.archive(chart, (HelmRepo("shop", server.url, PLACE, **paths),)) == packaged()


async def test_a_tls_file_that_is_not_there_is_named(remote: Remote, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        await fetched(remote, Pages(), ca_file=str(tmp_path / "none.pem"))
    assert (caught.value.code, caught.value.problems[0].line) == ("unreadableFile", 3)


@pytest.mark.parametrize(
    ("index", "kind", "code"),
    [
        (Answer(404), OperationFailed, "chartFetchFailed"),
        (Answer(body=b""), OperationFailed, "chartFetchFailed"),
        (Answer(body=b"[]"), OperationFailed, "chartFetchFailed"),
        (Answer(body=b"entries: [a"), OperationFailed, "chartFetchFailed"),
        (Answer(body=b"entries:\n  \xff: 1\n"), OperationFailed, "chartFetchFailed"),
        (Answer(body=b"a: &a [*a]\n"), OperationFailed, "chartFetchFailed"),
        (Answer(body=b"entries: null"), OperationFailed, "chartFetchFailed"),
        (Answer(body=b"entries: {}"), InputError, "chartNotFound"),
        (Answer(body=b"entries: {small: null}"), InputError, "chartNotFound"),
        (Answer(body=b"entries: {small: {}}"), InputError, "chartNotFound"),
        (Answer(body=b"entries: {small: [null, 1, text, {}]}"), InputError, "chartNotFound"),
        (Answer(body=b"entries: {small: [{version: 2.0.0}]}"), InputError, "chartNotFound"),
        (Answer(body=b"entries: {small: [{version: 1.0.0}]}"), OperationFailed, "chartFetchFailed"),
        (Answer(body=b"entries: {small: [{version: 1.0.0, urls: []}]}"), OperationFailed, "chartFetchFailed"),
        (Answer(body=b"entries: {small: [{version: 1.0.0, urls: [null]}]}"), OperationFailed, "chartFetchFailed"),
        (
            Answer(body=b"entries: {small: [{version: 1.0.0, urls: ['file:///etc/passwd']}]}"),
            OperationFailed,
            "urlInvalid",
        ),
        (Answer(body=b"entries: {small: [{version: 1.0.0, urls: ['none.tgz']}]}"), RemoteRefused, "remoteRefused"),
    ],
)
async def test_odd_indexes_are_errors_of_their_repository(
    index: Answer, kind: type[FairleadError], code: str, remote: Remote
) -> None:
    with pytest.raises(kind) as caught:
        await fetched(remote, Pages({"/index.yaml": index}))
    assert caught.value.code == code


@pytest.mark.parametrize("digest", ["0" * 64, "sha256:" + "0" * 64, "text", 5])
async def test_an_archive_that_is_not_the_indexs_is_refused(digest: object, remote: Remote) -> None:
    pages = Pages()
    pages.publish("small", "1.0.0", packaged(), digest=digest)
    with pytest.raises(OperationFailed) as caught:
        await fetched(remote, pages)
    assert caught.value.code == "chartFetchFailed"
    assert not (remote.cache.folder / "sha256").exists()


async def test_an_index_may_leave_the_digest_out(remote: Remote) -> None:
    pages = Pages({"/index.yaml": Answer(body=index_of({"small": [{"version": "1.0.0", "urls": ["a.tgz"]}]}))})
    pages.pages["/a.tgz"] = Answer(body=packaged())
    assert await fetched(remote, pages) == packaged()


@pytest.mark.parametrize("reference", ["other/small", "small", "shop/", "shop/..", "shop/a b", "a/shop/small"])
async def test_references_that_lead_nowhere_are_refused_before_anything_is_asked(
    reference: str, remote: Remote
) -> None:
    pages = Pages()
    with pytest.raises(InputError) as caught:
        await fetched(remote, pages, reference=reference)
    assert caught.value.code == "chartInvalid"


# --- versions ---------------------------------------------------------------------------------------------------------


def entry(version: object, **more: Any) -> dict[str, Any]:
    return {"name": "small", "version": version, "urls": [f"small-{version}.tgz"], **more}


async def listed(pages: Pages, asking: Registries) -> tuple[ChartVersion, ...]:
    async with HttpServer(pages) as server:
        return await asking.chart_versions(
            ChartReference("shop/small", "1.0.0"), (HelmRepo("shop", server.url, PLACE),)
        )


async def test_versions_are_listed_with_their_times_and_digests() -> None:
    entries = [
        entry("1.1.0+build.5", created="2026-11-21T12:00:00.123456789Z", digest="0A" * 32),
        entry("v1.0.0", created="1970-01-01T00:00:00Z", digest="sha256:" + "0a" * 32),
        entry("0.9.0-rc.1", created="someday", digest="odd", deprecated=True),
    ]
    asking = registries()
    found = await listed(Pages({"/index.yaml": Answer(body=index_of({"small": entries}))}), asking)
    await asking.close()
    digest = "sha256:" + "0a" * 32
    assert found == (
        ChartVersion("1.1.0+build.5", datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC), digest),
        ChartVersion("v1.0.0", None, digest),
        ChartVersion("0.9.0-rc.1", None, None),
    )


async def test_broken_entries_are_left_out_and_told_of() -> None:
    broken: list[Any] = [
        None,
        "text",
        5,
        {},
        entry(None),
        entry(1.0),
        entry("1.0"),
        entry("latest"),
        entry("1.0.0\n  evil: x"),
        entry("1.2.3", urls=[]),
        entry("1.2.4", urls=[5]),
        {"version": "1.2.5"},
    ]
    told: list[Problem] = []
    asking = registries(warned=told.append)
    entries = [*broken, entry("1.0.0"), entry("1.0.0")]
    found = await listed(Pages({"/index.yaml": Answer(body=index_of({"small": entries}))}), asking)
    await asking.close()
    assert [one.version for one in found] == ["1.0.0"]
    assert [(one.code, one.severity) for one in told] == [("chartEntryUnusable", Severity.WARNING)] * len(broken)
    assert all(one.message.isprintable() for one in told)


@pytest.mark.parametrize("entries", [{}, {"small": []}, {"small": None}, {"small": {"a": 1}}, {"other": []}])
async def test_a_chart_that_is_not_in_the_index_is_said_to_be_missing(entries: dict[str, Any]) -> None:
    asking = registries()
    with pytest.raises(InputError) as caught:
        await listed(Pages({"/index.yaml": Answer(body=index_of(entries))}), asking)
    await asking.close()
    assert caught.value.code == "chartNotFound"


async def test_an_index_beyond_all_bounds_is_not_read() -> None:
    asking = registries()
    huge = Answer(body=b"entries: {small: []}\n" + b"#" * (33 * 1024 * 1024))
    with pytest.raises(OperationFailed) as caught:
        await listed(Pages({"/index.yaml": huge}), asking)
    await asking.close()
    assert caught.value.code == "responseTooLarge"


async def test_an_index_that_did_not_change_is_not_sent_again(tmp_path: Path) -> None:
    pages = Pages()
    pages.publish("small", "1.0.0", packaged())
    tagged = Answer(body=pages.pages["/index.yaml"].body, headers={"ETag": '"1"'})
    pages.pages["/index.yaml"] = tagged
    pages.guard = lambda request: Answer(304) if request.headers.get("if-none-match") == '"1"' else None
    async with HttpServer(pages) as server:
        repos = (HelmRepo("shop", server.url, PLACE),)
        for _ in range(2):
            asking = registries(kept=tmp_path)
            found = await asking.chart_versions(ChartReference("shop/small", "1.0.0"), repos)
            assert [one.version for one in found] == ["1.0.0"]
            await asking.close()
    assert ["if-none-match" in request.headers for request in server.requests] == [False, True]


async def test_versions_in_a_registry_have_times_when_they_are_asked_for() -> None:
    pages = RegistryServer()
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for minute, tag in enumerate(("1.0.0", "1.1.0_build.5", "latest", "sha256-0a.sig")):
        pages.push("charts/small", tag, {"linux/amd64": ImageFacts("", noon.replace(minute=minute))})
    asking = registries()
    async with HttpServer(pages) as server:
        chart = ChartOci(f"oci://127.0.0.1:{server.port}/charts/small", "1.0.0")
        plain = await asking.chart_versions(chart, ())
        assert len(server.requests) == 1
        timed = await asking.chart_versions(chart, (), times=True)
    await asking.close()
    assert plain == (ChartVersion("1.0.0"), ChartVersion("1.1.0+build.5"))
    assert timed == (ChartVersion("1.0.0", noon), ChartVersion("1.1.0+build.5", noon.replace(minute=1)))


async def test_closing_ends_the_reading_of_an_index() -> None:
    asked = asyncio.Event()

    async def never(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        asked.set()
        await asyncio.Event().wait()
        return None

    asking = registries()
    async with HttpServer(never) as server:
        place = ChartPlace(server.url, "small")
        waiting = asyncio.create_task(asking.archive(place, "1.0.0"))
        await asked.wait()
        await asking.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
