"""The adapter over real HTTP, where its answers are odd; the usual ones are in the contract suite."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from fairlead.adapters.kubernetes.client import KubernetesCluster
from fairlead.domain.errors import RemoteRefused, Transient
from fairlead.domain.identity import ObjectRef
from fairlead.ports.cluster import ApiKind
from tests.fakes.apiserver import answers, config_map, serve, status
from tests.fakes.http import Answer, Request, json_answer

MAPS = ApiKind("v1", "ConfigMap", "configmaps", namespaced=True)
MAP = ObjectRef("v1", "ConfigMap", "default", "a")
POD = ObjectRef("v1", "Pod", "default", "web-1")
HTML = Answer(404, b"<html>not found</html>", {"Content-Type": "text/html"})


def page(*names: str, token: str = "", version: str = "9") -> Answer:
    bare = [{"metadata": config_map(name)["metadata"]} for name in names]
    return json_answer(
        {"kind": "ConfigMapList", "metadata": {"resourceVersion": version, "continue": token}, "items": bare}
    )


def tokens(requests: list[Request]) -> list[str]:
    return [parse_qs(urlsplit(request.path).query).get("continue", [""])[0] for request in requests]


async def names(cluster: KubernetesCluster) -> list[str]:
    return [item["metadata"]["name"] for item in (await cluster.list(MAPS, None)).items]


async def test_pages_are_followed_to_the_end() -> None:
    async with serve(answers(page("a", "b", token="x"), page("c", token="y"), page("d"))) as served:
        listing = await served.cluster.list(MAPS, None)
        assert [item["metadata"]["name"] for item in listing.items] == ["a", "b", "c", "d"]
        assert {(item["apiVersion"], item["kind"]) for item in listing.items} == {("v1", "ConfigMap")}
        assert listing.resource_version == "9"
        assert tokens(served.asked) == ["", "x", "y"]


async def test_a_list_that_expires_between_pages_is_read_anew_at_once() -> None:
    async with serve(answers(page("a", token="x"), status(410, "Expired"), page("a", "b"))) as served:
        assert await names(served.cluster) == ["a", "b"]
        assert tokens(served.asked) == ["", "x", ""]
        assert "limit=0" in served.asked[-1].path


def versions(requests: list[Request]) -> list[tuple[str, str]]:
    """Return what each asks of the version that it shall have reached."""
    queries = (parse_qs(urlsplit(request.path).query) for request in requests)
    return [(one.get("resourceVersion", [""])[0], one.get("resourceVersionMatch", [""])[0]) for one in queries]


async def test_a_list_that_need_not_be_fresh_asks_for_no_less_than_was_met() -> None:
    steps = (page("a", version="9"), json_answer(config_map(version="12")), page("a", version="11"))
    async with serve(answers(*steps, page("a", version="13"))) as served:
        await served.cluster.list(MAPS, None, fresh=False)  # nothing was met yet
        await served.cluster.get(MAP)
        for fresh in (False, True, False):
            await served.cluster.list(MAPS, None, fresh=fresh)
        asked = [request for request in served.asked if "limit" in request.path]
        least = "NotOlderThan"
        assert versions(asked) == [("", ""), ("12", least), ("", ""), ("13", least)]


@pytest.mark.parametrize(
    ("write", "met"),
    [
        (lambda cluster: cluster.apply(config_map(), manager="m"), "12"),
        (lambda cluster: cluster.create(config_map(), manager="m"), "12"),
        (lambda cluster: cluster.replace(config_map(), manager="m"), "12"),
        (lambda cluster: cluster.patch(MAP, [], manager="m"), "12"),
        (lambda cluster: cluster.apply(config_map(), manager="m", dry_run=True), "9"),
        (lambda cluster: cluster.replace(config_map(), manager="m", dry_run=True), "9"),
    ],
    ids=["apply", "create", "replace", "patch", "apply tried", "replace tried"],
)
async def test_what_was_written_is_met_and_what_was_only_tried_is_not(
    write: Callable[[KubernetesCluster], Awaitable[object]], met: str
) -> None:
    async with serve(answers(page("a", version="9"), json_answer(config_map(version="12")), page("a"))) as served:
        await served.cluster.list(MAPS, None)
        await write(served.cluster)
        await served.cluster.list(MAPS, None, fresh=False)
        assert versions(served.asked)[-1] == (met, "NotOlderThan")


async def test_a_server_that_lags_behind_what_was_met_is_asked_for_a_fresh_list() -> None:
    too_new = status(504, "Timeout", "Too large resource version")
    async with serve(answers(page("a", version="900"), too_new, page("a", "b", version="9"))) as served:
        await names(served.cluster)
        listing = await served.cluster.list(MAPS, None, fresh=False)
        assert len(listing.items) == 2
        await served.cluster.list(MAPS, None, fresh=False)  # what it said last is known again
        least = "NotOlderThan"
        assert versions(served.asked) == [("", ""), ("900", least), ("", ""), ("9", least)]
        assert served.clock.slept == []


async def test_a_watch_tells_what_was_met() -> None:
    event = {"type": "BOOKMARK", "object": config_map(version="77")}
    line = orjson.dumps(event) + b"\n"
    async with serve(answers(page("a"), Answer(200, line), page("a"))) as served:
        await names(served.cluster)
        async for _ in served.cluster.watch(MAPS, None, resource_version="9"):
            break
        await served.cluster.list(MAPS, None, fresh=False)
        assert versions(served.asked)[-1] == ("77", "NotOlderThan")


async def test_versions_that_are_no_numbers_are_never_asked_for() -> None:
    async with serve(answers(page("a", version="b7"))) as served:
        await names(served.cluster)
        await served.cluster.list(MAPS, None, fresh=False)
        assert versions(served.asked) == [("", "")] * 2


async def test_a_huge_list_is_complete() -> None:
    total, size = 20_000, 500

    async def pages(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        start = int(parse_qs(urlsplit(request.path).query).get("continue", ["0"])[0])
        more = str(start + size) if start + size < total else ""
        return page(*(f"n{number}" for number in range(start, start + size)), token=more)

    async with serve(pages) as served:
        assert await names(served.cluster) == [f"n{number}" for number in range(total)]


@pytest.mark.parametrize(
    "broken",
    [status(403, "Forbidden", "x cannot list y"), HTML, json_answer({"items": []}), json_answer({"status": "ok"})],
)
async def test_no_failed_page_passes_for_an_end(broken: Answer) -> None:
    async with serve(answers(page("a", token="x"), broken)) as served:
        with pytest.raises(RemoteRefused):
            await served.cluster.list(MAPS, None)


READS: list[Callable[[KubernetesCluster], Awaitable[Any]]] = [
    lambda cluster: cluster.get(MAP),
    lambda cluster: cluster.delete(MAP, uid="u"),
    lambda cluster: cluster.logs(POD, container="c", previous=False, tail=1),
    lambda cluster: cluster.openapi("v1"),
]


@pytest.mark.parametrize("read", READS)
async def test_a_page_of_a_proxy_is_never_absence(read: Callable[[KubernetesCluster], Awaitable[Any]]) -> None:
    async with serve(answers(HTML)) as served:
        with pytest.raises(RemoteRefused) as caught:
            await read(served.cluster)
        assert caught.value.code == "notKubernetes"


async def test_absence_said_by_kubernetes_is_absence() -> None:
    gone = status(404, "NotFound", kind="configmaps", name="a")
    async with serve(answers(gone)) as served:
        assert await served.cluster.get(MAP) is None
        assert await served.cluster.delete(MAP, uid="u") is False


async def test_a_kind_whose_server_is_down_is_not_absent() -> None:
    async def stale(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        raise AssertionError(request.path)

    async with serve(stale) as served:
        metrics = {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1", "freshness": "Stale"}]}
        documents = {"kind": "APIGroupDiscoveryList", "items": [metrics]}
        served.documents["/apis"] = json_answer(documents)
        with pytest.raises(Transient):
            await served.cluster.get(ObjectRef("metrics.k8s.io/v1", "PodMetrics", "default", "a"))


@pytest.mark.parametrize("root", ["/api", "/apis"])
@pytest.mark.parametrize("broken", [HTML, json_answer({"status": "ok"}), status(404, "NotFound")])
async def test_broken_discovery_is_not_a_server_without_kinds(root: str, broken: Answer) -> None:
    async with serve(answers(HTML)) as served:
        served.documents[root] = broken
        with pytest.raises(RemoteRefused):
            await served.cluster.get(ObjectRef("example.org/v1", "Thing", "default", "a"))


async def test_one_discovery_serves_all_who_ask_at_the_same_time() -> None:
    async with serve(answers(json_answer(config_map()))) as served:
        await asyncio.gather(*(served.cluster.get(MAP) for _ in range(10)))
        assert sum(request.path == "/api" for request in served.server.requests) == 1
        await asyncio.gather(*(served.cluster.kinds(fresh=True) for _ in range(10)))
        # The first asks at once; the others came after that began, and share the next.
        assert sum(request.path == "/api" for request in served.server.requests) == 3


async def test_an_old_server_is_discovered_document_by_document() -> None:
    resources = [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True, "verbs": ["get"]}]
    documents = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "groups": [{"versions": [{"groupVersion": "down.example/v1"}]}]},
        "/api/v1": {"kind": "APIResourceList", "resources": resources},
        "/version": {"gitVersion": "v1.25.0"},
    }

    async def old(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return json_answer(documents[request.path]) if request.path in documents else status(503, "ServiceUnavailable")

    async with serve(old) as served:
        served.documents.clear()
        facts = await served.cluster.capabilities()
    assert facts.kube_version == "v1.25.0"
    assert facts.api_versions == ("down.example/v1", "v1", "v1/ConfigMap")


async def test_a_manifest_without_namespace_goes_to_that_of_the_context() -> None:
    async with serve(answers(json_answer(config_map()))) as served:
        await served.cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, manager="m")
        assert served.asked[0].path.startswith("/api/v1/namespaces/default/configmaps/a?")


async def test_warnings_of_an_apply_are_passed_on() -> None:
    async with serve(answers(json_answer(config_map(), Warning='299 - "spec.x is deprecated"'))) as served:
        await served.cluster.apply(config_map(), manager="fairlead")
        assert served.warnings == [(MAP, "spec.x is deprecated")]


async def test_a_secret_in_a_refusal_is_left_out() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}
    echo = status(400, "BadRequest", 'cannot decode: {"password":"hunter2"}')
    async with serve(answers(echo)) as served:
        with pytest.raises(RemoteRefused) as caught:
            await served.cluster.apply({**secret, "stringData": {"password": "hunter2"}}, manager="fairlead")
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.problems)


async def test_the_cluster_is_known_by_its_certificate_where_it_may_not_be_read() -> None:
    async with serve(answers(status(403, "Forbidden", "x cannot get y"))) as served:
        assert await served.cluster.uid() == "fingerprint"
    async with serve(answers(json_answer(config_map("kube-system")))) as served:
        assert await served.cluster.uid() == "uid-kube-system"


@pytest.mark.parametrize(("answer", "text"), [(Answer(body=b"one\ntwo\n"), "one\ntwo\n"), (status(400), "")])
async def test_logs(answer: Answer, text: str) -> None:
    async with serve(answers(answer)) as served:
        assert await served.cluster.logs(POD, container="c", previous=False, tail=2) == text


async def test_a_node_that_does_not_answer_is_not_waited_for() -> None:
    async with serve(answers(status(500, "InternalError", "dial tcp 10.0.0.1:10250: connection refused"))) as served:
        with pytest.raises(Transient):
            await served.cluster.logs(POD, container="c", previous=False, tail=2)
        assert served.clock.slept == []


async def test_openapi_documents_are_kept_while_their_digest_stays() -> None:
    index = {"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=1"}}}
    newer = {"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=2"}}}
    script = [json_answer(index), json_answer({"a": 1}), json_answer(index), json_answer(newer), json_answer({"a": 2})]
    async with serve(answers(*script)) as served:
        found = [await served.cluster.openapi("v1") for _ in range(3)]
    assert found == [{"a": 1}, {"a": 1}, {"a": 2}]


async def test_openapi_does_not_follow_foreign_addresses() -> None:
    index = {"paths": {"api/v1": {"serverRelativeURL": "@elsewhere/openapi"}}}
    async with serve(answers(json_answer(index))) as served:
        assert await served.cluster.openapi("v1") is None
        assert await served.cluster.openapi("other/v1") is None
        assert len(served.asked) == 2


async def test_lookup_reaches_this_cluster_and_is_gone_after_closing() -> None:
    async with serve(answers(json_answer(config_map()))) as served:
        lookup = await served.cluster.lookup()
        with open(lookup.kubeconfig, "rb") as file:  # noqa: ASYNC230, PTH123 - a small local file
            config = orjson.loads(file.read())
        assert config["clusters"][0]["cluster"]["server"] == served.server.url
        await served.cluster.close()
        with pytest.raises(FileNotFoundError):
            open(lookup.kubeconfig, "rb")  # noqa: ASYNC230, PTH123, SIM115 - as above
