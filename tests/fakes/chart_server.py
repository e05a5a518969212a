"""Servers that publish charts: a Helm repository and an OCI registry, with logins, redirects and lies on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.adapters.charts.packages import pack_chart
from fairlead.domain.identity import sha256_bytes
from tests.fakes.charts import CHART_YAML
from tests.fakes.http import Answer, Request

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def packaged(files: Mapping[str, str] | None = None, *, name: str = "small", version: str = "1.0.0") -> bytes:
    """Return a packaged chart."""
    chart = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n", "templates/a.yaml": CONFIG_MAP}
    return pack_chart({path: text.encode() for path, text in {**chart, **(files or {})}.items()})


def index_of(charts: Mapping[str, list[dict[str, Any]]]) -> bytes:
    """Return an index.yaml; JSON is YAML."""
    return json.dumps({"apiVersion": "v1", "entries": charts}).encode()


@dataclass
class Pages:
    """Serves what stands in `pages` by path. `guard` may refuse a request first."""

    pages: dict[str, Answer] = field(default_factory=dict)
    guard: Callable[[Request], Answer | None] = lambda _: None

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return self.guard(request) or self.pages.get(request.path.partition("?")[0], Answer(404))

    def publish(self, name: str, version: str, archive: bytes, **more: Any) -> None:
        """Add a chart version to the index, and its archive. `more` goes into the entry."""
        entry = {
            "name": name,
            "version": version,
            "urls": [f"{name}-{version}.tgz"],
            "digest": digest_of(archive),
            **more,
        }
        known = json.loads(self.pages["/index.yaml"].body)["entries"] if "/index.yaml" in self.pages else {}
        known.setdefault(name, []).append(entry)
        self.pages["/index.yaml"] = Answer(body=index_of(known))
        self.pages[f"/{name}-{version}.tgz"] = Answer(body=archive)

    def push(self, path: str, tag: str, archive: bytes, **more: Any) -> None:
        """Add a chart to the registry. `more` goes into the manifest, None leaving a key out."""
        digest = sha256_bytes(archive)
        layer = {
            "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
            "digest": digest,
            "size": len(archive),
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": digest, "size": 2},
            "layers": [layer],
            **more,
        }
        body = json.dumps({key: value for key, value in manifest.items() if value is not None}).encode()
        headers = {"Docker-Content-Digest": sha256_bytes(body)}
        self.pages[f"/v2/{path}/manifests/{tag}"] = Answer(200, body, headers)
        self.pages[f"/v2/{path}/blobs/{digest}"] = Answer(body=archive)


def digest_of(archive: bytes) -> str:
    """Return the digest as an index writes it."""
    return sha256_bytes(archive).removeprefix("sha256:")


def demand(header: str, otherwise: Answer) -> Callable[[Request], Answer | None]:
    """Refuse every request that lacks exactly this Authorization."""
    return lambda request: None if request.headers.get("authorization") == header else otherwise


__all__ = ["CHART_YAML", "CONFIG_MAP", "Pages", "demand", "digest_of", "index_of", "packaged"]
