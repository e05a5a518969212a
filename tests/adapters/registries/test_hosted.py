"""The hosted registries, each as its documentation says that it answers: challenge, token, pages, descriptions.

Recorded by hand, headers and JSON included; the addresses are moved to this machine, which is all that differs.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from fairlead.domain.docker_config import Account
from fairlead.domain.images import ImageName
from tests.fakes.charts import KnownAccounts, registries
from tests.fakes.http import Answer, HttpServer, Request
from tests.fakes.registry_server import document

JSON = {"Content-Type": "application/json"}
DOCKER_API = {"Docker-Distribution-Api-Version": "registry/2.0"}
Tokens = Callable[[Request], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """One hosted registry. Texts hold `{url}` for its address.

    `pages` are what it answers to the list of tags, by a part of the query that tells them apart.
    """

    repository: str
    challenge: str
    tokens: Mapping[str, Any]
    pages: tuple[tuple[str, Mapping[str, Any], str], ...]
    expected: tuple[str, ...]
    account: Account | None = None
    authorization: str = "Bearer hosted-token"
    headers: Mapping[str, str] = field(default_factory=dict)


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


SHAPES = {
    # All tags at once; `token` and `access_token` alike; limits of pulls in headers of its own.
    "Docker Hub": Shape(
        "library/nginx",
        'Bearer realm="{url}/token",service="registry.docker.io",scope="repository:library/nginx:pull"',
        {
            "token": "hosted-token",
            "access_token": "hosted-token",
            "expires_in": 300,
            "issued_at": "2026-11-21T12:00:00Z",
        },
        (("", {"name": "library/nginx", "tags": ["1", "1.27.1", "latest"]}, ""),),
        ("1", "1.27.1", "latest"),
        headers={**DOCKER_API, "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "99;w=21600"},
    ),
    # The link is relative, the scope of the challenge that of any user.
    "GHCR": Shape(
        "shop/api",
        'Bearer realm="{url}/token",service="ghcr.io",scope="repository:user/image:pull"',
        {"token": "hosted-token"},
        (
            ("last=1.1", {"name": "shop/api", "tags": ["1.2"]}, ""),
            ("", {"name": "shop/api", "tags": ["1.0", "1.1"]}, '</v2/shop/api/tags/list?last=1.1&n=1000>; rel="next"'),
        ),
        ("1.0", "1.1", "1.2"),
        account=Account("bot", "ghp_x"),
    ),
    # A password for twelve hours; an absolute link.
    "ECR": Shape(
        "shop/api",
        'Basic realm="{url}/",service="ecr.amazonaws.com"',
        {},
        (
            ("last=b64", {"name": "shop/api", "tags": ["1.1"]}, ""),
            (
                "",
                {"name": "shop/api", "tags": ["1.0"]},
                '<{url}/v2/shop/api/tags/list?last=b64%3D%3D&n=1000>; rel="next"',
            ),
        ),
        ("1.0", "1.1"),
        account=Account("AWS", "eyJwYXls"),
        authorization=basic("AWS", "eyJwYXls"),
    ),
    # Beside the tags stand the manifests with their times.
    "Artifact Registry": Shape(
        "project/shop/api",
        'Bearer realm="{url}/v2/token",service="europe-docker.pkg.dev",scope="repository:project/shop/api:pull"',
        {"token": "hosted-token", "expires_in": 3600},
        (
            (
                "",
                {
                    "child": [],
                    "manifest": {"sha256:0": {"tag": ["1.0"], "timeUploadedMs": "1700000000000"}},
                    "name": "project/shop/api",
                    "tags": ["1.0"],
                },
                "",
            ),
        ),
        ("1.0",),
        account=Account("oauth2accesstoken", "ya29.x"),
    ),
    # Only `access_token`; the next page by its last tag, percent-encoded.
    "ACR": Shape(
        "shop/api",
        'Bearer realm="{url}/oauth2/token",service="shop.azurecr.io",scope="repository:shop/api:metadata_read",'
        'error="invalid_token"',
        {"access_token": "hosted-token"},
        (
            ("last=1.0", {"name": "shop/api", "tags": ["1.1"]}, ""),
            (
                "",
                {"name": "shop/api", "tags": ["1.0"]},
                '</v2/shop/api/tags/list?last=1.0&n=1000&orderby=>; rel="next"',
            ),
        ),
        ("1.0", "1.1"),
        account=Account("00000000-0000-0000-0000-000000000000", "refresh", is_token=True),
    ),
    # At most 100 a page whatever one asks for, and a token for the next.
    "Quay": Shape(
        "shop/api",
        'Bearer realm="{url}/v2/auth",service="quay.io",scope="repository:shop/api:pull"',
        {"token": "hosted-token"},
        (
            ("next_page=gAAAAABg1i7j", {"name": "shop/api", "tags": ["1.1"]}, ""),
            (
                "",
                {"name": "shop/api", "tags": ["1.0"]},
                '</v2/shop/api/tags/list?next_page=gAAAAABg1i7j-w%3D%3D&n=100>; rel="next"',
            ),
        ),
        ("1.0", "1.1"),
        account=Account("shop+robot", "secret"),
    ),
    # Projects and robots; behind a proxy the link is one of plain HTTP.
    "Harbor": Shape(
        "library/shop/api",
        'Bearer realm="{url}/service/token",service="harbor-registry",scope="repository:library/shop/api:pull"',
        {"token": "hosted-token", "access_token": "", "expires_in": 1800, "issued_at": "2026-11-21T12:00:00Z"},
        (
            ("last=1.0", {"name": "library/shop/api", "tags": ["1.1"]}, ""),
            (
                "",
                {"name": "library/shop/api", "tags": ["1.0"]},
                '<http://127.0.0.1/v2/library/shop/api/tags/list?last=1.0&n=1000>; rel="next"',
            ),
        ),
        ("1.0", "1.1"),
        account=Account("robot$shop", "secret"),
    ),
}


@pytest.mark.parametrize("name", SHAPES)
async def test_tags_are_listed_as_the_registry_gives_them(name: str) -> None:
    shape = SHAPES[name]
    url = ""

    async def serve(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        if not request.path.startswith(f"/v2/{shape.repository}/"):
            return Answer(200, document(shape.tokens), JSON)
        if request.headers.get("authorization") != shape.authorization:
            body = document(
                {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required", "detail": None}]}
            )
            return Answer(401, body, {**DOCKER_API, **JSON, "WWW-Authenticate": shape.challenge.format(url=url)})
        page, link = next((page, link) for part, page, link in shape.pages if part in request.path)
        return Answer(
            200, document(page), {**shape.headers, **JSON, **({"Link": link.format(url=url)} if link else {})}
        )

    async with HttpServer(serve) as server:
        url = server.url
        registry = f"127.0.0.1:{server.port}"
        accounts = KnownAccounts({registry: shape.account} if shape.account else {})
        asking = registries(accounts=accounts)
        assert await asking.tags(ImageName(registry, shape.repository)) == shape.expected
        await asking.close()
    token = [one for one in server.requests if not one.path.startswith(f"/v2/{shape.repository}/")]
    assert len(token) == (1 if shape.challenge.startswith("Bearer") else 0)
    for request in token:
        scope = parse_qs(request.body.decode() or urlsplit(request.path).query)["scope"]
        assert scope[0] in shape.challenge
