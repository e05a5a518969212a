from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.domain.errors import Problem
from tests.fakes.server import DESCRIPTOR, FakeServer

PATH = "/api/v1/descriptors"


async def test_a_descriptor_is_kept_and_read_again() -> None:
    server = FakeServer()
    made = await server.ask("POST", PATH, DESCRIPTOR)
    assert made.status == 201
    read = await server.ask("GET", made.headers["location"])
    assert read.json == made.json
    assert read.headers["etag"] == made.headers["etag"] == '"1"'
    assert read.json["descriptor"]["appName"] == "web"
    assert (read.json["cluster"], read.json["namespace"], read.json["app"]) == ("one", "shop", "web")


async def test_every_problem_is_told_with_its_path() -> None:
    refused = await FakeServer().ask("POST", PATH, {**DESCRIPTOR, "podspec": {"containers": []}, "replicas": "many"})
    assert refused.status == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert len({each["path"] for each in refused.json["errors"]}) >= 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"a": 1, "a": 2}', 400),
        (b'{"a": NaN}', 400),
        (b"[" * 100_000, 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"\\ud800"', 422),
    ],
    ids=["cut", "twice", "nan", "deep", "null", "list", "surrogate"],
)
async def test_what_is_no_descriptor_is_refused(body: bytes, status: int) -> None:
    assert (await FakeServer().ask("POST", PATH, body)).status == status


async def test_the_form_has_to_be_json() -> None:
    answer = await FakeServer().ask("POST", PATH, b"a=1", headers={"content-type": "text/plain"})
    assert answer.status == 415


async def test_one_of_several_clusters_has_to_be_named() -> None:
    server = FakeServer()
    server.rollouts.clusters = ("one", "two")
    assert (await server.ask("POST", PATH, DESCRIPTOR)).code == "unknownCluster"
    assert (await server.ask("POST", f"{PATH}?cluster=three", DESCRIPTOR)).code == "unknownCluster"
    assert (await server.ask("POST", f"{PATH}?cluster=two", DESCRIPTOR)).json["cluster"] == "two"


async def test_the_same_request_again_keeps_one_descriptor() -> None:
    server = FakeServer()
    key = {"idempotency-key": "k1"}
    first = await server.ask("POST", PATH, DESCRIPTOR, headers=key)
    again = await server.ask("POST", PATH, DESCRIPTOR, headers=key)
    other = await server.ask("POST", PATH, {**DESCRIPTOR, "replicas": 2}, headers=key)
    assert again.json == first.json
    assert (other.status, other.code) == (422, "keyReused")
    assert (await server.ask("POST", PATH, DESCRIPTOR, headers={"idempotency-key": ""})).status == 400


async def test_lists_are_narrowed_and_paged() -> None:
    server = FakeServer()
    assert (await server.ask("GET", PATH)).json == {"items": [], "next": None}
    ids = [await server.descriptor(appName=name) for name in ("a", "b", "c")]
    first = (await server.ask("GET", f"{PATH}?limit=2")).json
    assert [each["id"] for each in first["items"]] == [ids[2], ids[1]]
    rest = (await server.ask("GET", f"{PATH}?limit=2&after={first['next']}")).json
    assert [each["id"] for each in rest["items"]] == [ids[0]]
    assert rest["next"] is None
    found = (await server.ask("GET", f"{PATH}?app=b&namespace=shop")).json
    assert [each["app"] for each in found["items"]] == ["b"]
    assert (await server.ask("GET", f"{PATH}?limit=0")).status == 422


async def test_replacing_is_checked_like_creating_and_keeps_the_creation() -> None:
    server = FakeServer()
    identifier = await server.descriptor()
    created = (await server.ask("GET", f"{PATH}/{identifier}")).json["createdAt"]
    server.clock.advance(60)
    put = await server.ask("PUT", f"{PATH}/{identifier}", {**DESCRIPTOR, "replicas": 3}, headers={"if-match": '"1"'})
    assert (put.status, put.headers["etag"]) == (200, '"2"')
    assert (put.json["createdAt"], put.json["descriptor"]["replicas"]) == (created, 3)
    stale = await server.ask("PUT", f"{PATH}/{identifier}", DESCRIPTOR, headers={"if-match": '"1"'})
    assert (stale.status, stale.code) == (412, "stale")
    for wanted in ('"2"', "*"):
        assert (await server.ask("PUT", f"{PATH}/{identifier}", DESCRIPTOR, headers={"if-match": wanted})).status == 200
    wrong = await server.ask("PUT", f"{PATH}/{identifier}", {**DESCRIPTOR, "podspec": {}})
    assert wrong.status == 422
    for elsewhere in ({"appName": "other"}, {"namespace": "other"}):
        moved = await server.ask("PUT", f"{PATH}/{identifier}", {**DESCRIPTOR, **elsewhere})
        assert (moved.status, moved.code) == (422, "unitChanged")


@pytest.mark.parametrize("shape", ["new", "older"])
async def test_what_the_namespace_forbids_is_not_kept(shape: str) -> None:
    server = FakeServer()
    identifier = await server.descriptor()
    path, query = (PATH, "") if shape == "new" else ("/descriptors", "/?namespace=shop")
    server.rollouts.forbidden = (Problem("podSecurity", "no", path="podspec.hostPID"),)
    for method, target in (("POST", f"{path}{query}"), ("PUT", f"{path}/{identifier}{query}")):
        refused = await server.ask(method, target, DESCRIPTOR)
        assert (refused.status, refused.code, refused.json["path"]) == (422, "podSecurity", "podspec.hostPID")
    (kept,) = (await server.ask("GET", PATH)).json["items"]
    assert (kept["id"], (await server.ask("GET", f"{PATH}/{identifier}")).headers["etag"]) == (identifier, '"1"')


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_what_somebody_else_changes_meanwhile_stays(method: str) -> None:
    server = FakeServer()
    identifier = await server.descriptor()
    server.store.memory.rewritten = lambda kept: replace(kept, document={**kept.document, "replicas": 7})
    late = await server.ask(method, f"{PATH}/{identifier}", {**DESCRIPTOR, "replicas": 3})
    assert (late.status, late.code) == (412, "stale")
    assert (await server.ask("GET", f"{PATH}/{identifier}")).json["descriptor"]["replicas"] == 7


async def test_deleting() -> None:
    server = FakeServer()
    identifier = await server.descriptor()
    assert (await server.ask("DELETE", f"{PATH}/{identifier}", headers={"if-match": '"7"'})).status == 412
    assert (await server.ask("DELETE", f"{PATH}/{identifier}")).status == 204
    assert (await server.ask("DELETE", f"{PATH}/{identifier}")).status == 404


async def test_validating_asks_the_cluster_and_keeps_nothing() -> None:
    server = FakeServer()
    assert (await server.ask("POST", f"{PATH}/validate", DESCRIPTOR)).status == 200
    server.rollouts.against = (Problem("objectInvalid", "no", path="podspec.containers[0]"),)
    refused = await server.ask("POST", f"{PATH}/validate", DESCRIPTOR)
    assert (refused.status, refused.json["path"]) == (422, "podspec.containers[0]")
    assert (await server.ask("GET", PATH)).json["items"] == []


async def test_validating_says_what_is_not_in_effect() -> None:
    said = (await FakeServer().ask("POST", f"{PATH}/validate", {**DESCRIPTOR, "redirectWww": True})).json
    assert [(each["code"], each["path"]) for each in said["warnings"]] == [("notYetInEffect", "redirectWww")]
    assert said["descriptor"]["appName"] == "web"
