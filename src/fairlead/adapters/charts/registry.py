"""Charts in OCI registries: the distribution API, read only.

Credentials go to the registry itself, and to the token service that it names only when that is plainly the same
owner's: https, and the same host or a neighbour under the same parent domain (`auth.example.org` for
`registry.example.org`). A registry could otherwise have anybody's password sent anywhere (oras CVE-2026-48978).
Plain HTTP is spoken with this machine only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fairlead.adapters.charts.login import Login
from fairlead.domain.errors import InputError, OperationFailed, Problem, RemoteRefused
from fairlead.domain.identity import sha256_bytes
from fairlead.doors.dial import Response
from fairlead.doors.fetch import Fetch, Origin

CONFIG_TYPE = "application/vnd.cncf.helm.config.v1+json"
CONTENT_TYPES = frozenset({"application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"})
MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
MAX_CHART_BYTES = 64 * 1024 * 1024
MAX_DOCUMENT_BYTES = 4 * 1024 * 1024

_REFERENCE = re.compile(r"oci://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?P<port>:\d+)?/(?P<path>[a-z0-9._/-]+)")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PARAMETER = re.compile(r'([A-Za-z]+)="([^"]*)"')
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_ALIASES = {"docker.io": "registry-1.docker.io"}


async def pull(login: Login, reference: str, version: str) -> bytes:
    """Fetch the archive of `oci://HOST/PATH` at a version, verified by its digest.

    Raises:
        InputError: `chartInvalid` (no usable reference), `chartNotFound`.
        OperationFailed: `chartFetchFailed`, `realmRefused`, and whatever fetching raises.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None or ".." in found["path"]:
        message = f"found {reference!r}, expected oci://HOST/PATH in lower case"
        raise InputError(Problem("chartInvalid", message, remedy="write the reference without a tag"))
    host = _ALIASES.get(found["host"], found["host"])
    scheme = "http" if host in _LOOPBACK else "https"
    base = f"{scheme}://{host}{found['port'] or ''}/v2/{found['path'].strip('/')}"
    session = _Session(login, reference, Origin.of(base))
    layer = _content(await _manifest(session, base, version), reference)
    blob = await session.get(f"{base}/blobs/{layer['digest']}", accept="*/*", limit=MAX_CHART_BYTES)
    if len(blob.body) != layer.get("size") or sha256_bytes(blob.body) != layer["digest"]:
        raise _failed(reference, "the registry sent other bytes than its manifest describes")
    return blob.body


async def _manifest(session: _Session, base: str, version: str) -> Response:
    """Return the manifest of a version, whether or not its tag begins with `v`."""
    # Tags cannot hold a plus sign; Helm writes an underscore.
    tag = version.replace("+", "_")
    twin = tag.removeprefix("v") if tag.startswith("v") else f"v{tag}"
    accept = ", ".join(MANIFEST_TYPES)
    try:
        return await session.get(f"{base}/manifests/{tag}", accept=accept, limit=MAX_DOCUMENT_BYTES)
    except InputError as missing:
        try:
            return await session.get(f"{base}/manifests/{twin}", accept=accept, limit=MAX_DOCUMENT_BYTES)
        except InputError:
            raise missing from None


@dataclass(slots=True)
class _Session:
    """Requests to one repository of one registry, with the token once there is one."""

    login: Login
    reference: str
    home: Origin
    authorization: dict[str, str] = field(default_factory=dict)

    async def get(self, url: str, *, accept: str, limit: int) -> Response:
        fetch = Fetch(
            url,
            headers={"Accept": accept},
            secret_headers=self.authorization,
            accepted=frozenset({200, 401}),
            max_bytes=limit,
        )
        try:
            response = await self.login.fetcher.get(fetch)
            if response.status == 401:
                self.authorization = await self._authorized(response.headers.get("www-authenticate", ""))
                response = await self.login.fetcher.get(Fetch(url, fetch.headers, self.authorization, max_bytes=limit))
        except RemoteRefused as refused:
            if refused.status != 404:
                raise
            message = f"{self.reference} is not in the registry at this version"
            remedy = "correct the reference or the version of the chart"
            raise InputError(Problem("chartNotFound", message, remedy=remedy)) from None
        return response

    async def _authorized(self, challenge: str) -> dict[str, str]:
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic" and self.login.account:
            return self.login.basic
        if scheme.lower() != "bearer":
            raise _failed(self.reference, "the registry wants a login", "declare username and passwordFrom for it")
        parameters = dict(_PARAMETER.findall(rest))
        realm = parameters.get("realm", "")
        check_realm(realm, self.home, with_account=self.login.account is not None)
        query = {key: parameters[key] for key in ("service", "scope") if key in parameters}
        separator = "&" if "?" in realm else "?"
        response = await self.login.fetcher.get(
            Fetch(
                f"{realm}{separator}{urlencode(query)}", secret_headers=self.login.basic, max_bytes=MAX_DOCUMENT_BYTES
            )
        )
        answer = _document(response.body, self.reference)
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not token.isprintable():
            raise _failed(self.reference, "the registry's token service gave no token")
        return {"Authorization": f"Bearer {token}"}


def check_realm(realm: str, home: Origin, *, with_account: bool) -> None:
    """Make sure that a token service may be asked.

    Raises:
        OperationFailed: `realmRefused`.
    """
    origin = Origin.of(realm)
    if origin == home:
        return
    _, _, parent = home.host.partition(".")
    neighbour = "." in parent and not home.host.replace(".", "").isdigit() and f".{origin.host}".endswith(f".{parent}")
    related = origin.host == home.host or neighbour
    if origin.scheme != "https" or (with_account and not related):
        message = f"the registry {home.host} wants logins sent to {origin.scheme}://{origin.host}"
        remedy = "use a registry whose token service is its own, over https"
        raise OperationFailed(Problem("realmRefused", message, remedy=remedy))


def _content(response: Response, reference: str) -> Mapping[str, Any]:
    claimed = response.headers.get("docker-content-digest")
    if claimed and _DIGEST.fullmatch(claimed) and claimed != sha256_bytes(response.body):
        raise _failed(reference, "the manifest is not the one that its digest names")
    manifest = _document(response.body, reference)
    media_type = manifest.get("mediaType")
    if "manifests" in manifest or (media_type is not None and media_type not in MANIFEST_TYPES):
        raise _failed(reference, "the registry sent an index or something unknown where a manifest is expected")
    config, layers = manifest.get("config"), manifest.get("layers")
    if not isinstance(config, dict) or config.get("mediaType") != CONFIG_TYPE or not isinstance(layers, list):
        raise _failed(reference, "it is not a Helm chart")
    charts = [layer for layer in layers if isinstance(layer, dict) and layer.get("mediaType") in CONTENT_TYPES]
    if len(charts) != 1 or not _DIGEST.fullmatch(str(charts[0].get("digest"))):
        raise _failed(reference, "it does not hold exactly one chart")
    return charts[0]


def _document(body: bytes, reference: str) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _failed(reference, "the registry sent something that is no JSON document")
    return document


def _failed(reference: str, message: str, remedy: str = "check the reference and the registry") -> OperationFailed:
    return OperationFailed(Problem("chartFetchFailed", f"{reference}: {message}", remedy=remedy))
