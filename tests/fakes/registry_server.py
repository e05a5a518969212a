"""A registry over HTTP: the distribution API as hosted registries speak it, with logins and faults on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from fairlead.domain.identity import sha256_bytes
from fairlead.domain.published import ImageFacts
from tests.fakes.http import Answer, Request

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"

Fault = Callable[[Request], Answer | None]


def document(value: Any) -> bytes:
    return json.dumps(value).encode()


def errors(status: int, code: str, **headers: str) -> Answer:
    """Return a refusal as the distribution specification words it."""
    body = document({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]})
    return Answer(status, body, {"Content-Type": "application/json", **headers})


@dataclass
class RegistryServer:
    """Holds images. `faults` are asked first, in their order; the first answer that one gives is sent.

    `page` is the largest page that it gives; `link` writes the address of the next one.
    """

    page: int = 1000
    link: Callable[[str], str] = lambda path: path
    faults: list[Fault] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    documents: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        for fault in self.faults:
            if (answer := fault(request)) is not None:
                return answer
        match urlsplit(request.path).path.removeprefix("/v2/").rsplit("/", 2):
            case [name, "tags", "list"] if name in self.tags:
                return self._list(name, parse_qs(urlsplit(request.path).query))
            case [name, "manifests", reference] if name in self.tags:
                return self._stored(self.tags[name].get(reference, reference), request)
            case [name, "blobs", digest] if name in self.tags:
                return self._stored(digest, request)
            case _:
                return errors(404, "NAME_UNKNOWN")

    def push(self, name: str, tag: str, platforms: Mapping[str, ImageFacts] | None = None) -> str:
        """Store an image, one manifest for one platform and an index for several; return its digest."""
        children = [
            (one, self._manifest(one, facts)) for one, facts in (platforms or {"linux/amd64": ImageFacts("")}).items()
        ]
        if len(children) == 1:
            digest = children[0][1]
        else:
            entries = [self._child(MANIFEST, digest, platform) for platform, digest in children]
            attestation = self._manifest("unknown/unknown", ImageFacts(""))
            entries.append(self._child(MANIFEST, attestation, "unknown/unknown"))
            digest = self.store(INDEX, {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
        self.tags.setdefault(name, {})[tag] = digest
        return digest

    def push_tags(self, name: str, tags: Sequence[str]) -> None:
        """Give one image many tags."""
        digest = self.push(name, tags[0])
        self.tags[name].update(dict.fromkeys(tags, digest))

    def store(self, media_type: str, value: Any) -> str:
        """Keep a document and return its digest."""
        body = value if isinstance(value, bytes) else document(value)
        self.documents[sha256_bytes(body)] = (media_type, body)
        return sha256_bytes(body)

    def _manifest(self, platform: str, facts: ImageFacts) -> str:
        system, architecture, *variant = platform.split("/")
        config: dict[str, Any] = {
            "os": system,
            "architecture": architecture,
            "config": {"Labels": dict(facts.labels) or None},
        }
        if variant:
            config["variant"] = variant[0]
        if facts.created is not None:
            config["created"] = facts.created.isoformat()
        descriptor = self._descriptor(CONFIG, self.store(CONFIG, config))
        return self.store(MANIFEST, {"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor, "layers": []})

    def _child(self, media_type: str, digest: str, platform: str) -> dict[str, Any]:
        names = zip(("os", "architecture", "variant"), platform.split("/"), strict=False)
        return {**self._descriptor(media_type, digest), "platform": dict(names)}

    def _descriptor(self, media_type: str, digest: str) -> dict[str, Any]:
        return {"mediaType": media_type, "digest": digest, "size": len(self.documents[digest][1])}

    def _list(self, name: str, query: Mapping[str, list[str]]) -> Answer:
        tags = sorted(self.tags[name])
        size = min(int(query.get("n", ["0"])[0]) or self.page, self.page)
        start = sum(tag <= query["last"][0] for tag in tags) if "last" in query else 0
        shown = tags[start : start + size]
        headers = {"Content-Type": "application/json"}
        if start + size < len(tags):
            following = f"/v2/{name}/tags/list?last={quote(shown[-1])}&n={size}"
            headers["Link"] = f'<{self.link(following)}>; rel="next"'
        return Answer(200, document({"name": name, "tags": shown}), headers)

    def _stored(self, digest: str, request: Request) -> Answer:
        if digest not in self.documents:
            return errors(404, "MANIFEST_UNKNOWN")
        media_type, body = self.documents[digest]
        headers = {"Content-Type": media_type, "Docker-Content-Digest": digest}
        if request.method == "HEAD":
            return Answer(200, b"", headers)
        return Answer(200, body, headers)


def once(fault: Fault) -> Fault:
    """Return a fault that happens one time only."""
    happened: list[bool] = []

    def first(request: Request) -> Answer | None:
        answer = None if happened else fault(request)
        if answer is not None:
            happened.append(True)
        return answer

    return first


def times(number: int, answer: Answer, *, where: str = "") -> Fault:
    """Return a fault that happens so many times, to requests whose path holds `where`."""
    left = [number]

    def fault(request: Request) -> Answer | None:
        if where not in request.path or not left[0]:
            return None
        left[0] -= 1
        return answer

    return fault


@dataclass
class TokenService:
    """Demands a token for everything but `/token`, where it gives one to anybody, or to `account` only."""

    realm: Callable[[], str]
    account: str | None = None
    token: str = "t0ken"
    refused: Answer = field(default_factory=lambda: errors(401, "UNAUTHORIZED"))
    scope: str = "repository:shop/api:pull"
    given: int = 0

    def __call__(self, request: Request) -> Answer | None:
        if urlsplit(request.path).path == "/token":
            if self.account is not None and request.headers.get("authorization") != self.account:
                return self.refused
            self.given += 1
            return Answer(200, document({"token": self.token, "expires_in": 300}), {"Content-Type": "application/json"})
        if request.headers.get("authorization") == f"Bearer {self.token}":
            return None
        challenge = f'Bearer realm="{self.realm()}",service="registry.test",scope="{self.scope}"'
        return errors(401, "UNAUTHORIZED", **{"WWW-Authenticate": challenge})
