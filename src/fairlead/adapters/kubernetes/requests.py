"""What to ask an API server, as values. Nothing here sends.

Paths and parameters: Kubernetes API concepts (kubernetes.io/docs/reference/using-api/api-concepts).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from fairlead.domain.apps.probing import PodAddress, Probed, ProbeRequest
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import ObjectRef
from fairlead.ports.cluster import ApiKind

PAGE = 500
LOG_BYTES = 1024 * 1024
_SIGN_OF_LIFE = ("coordination.k8s.io", "Lease")
_JSON = {"Accept": "application/json"}
# An apply is read as YAML, which takes these characters only as escapes: DEL, C1 controls, byte order mark, U+FFFE/F.
_UNPRINTABLE = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xef\xbb\xbf|\xef\xbf[\xbe\xbf]")
_BODY = {**_JSON, "Content-Type": "application/json"}
# The media type says YAML; JSON is YAML, and quicker to write and to read.
_APPLY = {**_JSON, "Content-Type": "application/apply-patch+yaml"}
_PATCH = {**_JSON, "Content-Type": "application/json-patch+json"}
_METADATA = {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
_AGGREGATED = {
    "Accept": ",".join(
        f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
    )
    + ",application/json"
}


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request. `target` is path and query, percent-encoded; `verb` and `subject` name it in errors.

    `secrets` are texts of the body that no error may repeat. Requests may be sent again when it is unknown whether they
    arrived: reads, server-side applies, deletions of one UID, and creations and replacements, whose second attempt is
    refused if the first arrived. The exception is what may happen only `once`: a creation whose name the server gives
    would be a second object. What is not `patient` is worth one attempt only. What is `urgent` does not stand in line:
    a run that has much to do must still show in time that it lives.
    """

    method: str
    target: str
    verb: str
    subject: str
    headers: Mapping[str, str] = field(default_factory=lambda: _JSON)
    body: bytes | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    patient: bool = True
    once: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a kind: `namespace` None means all namespaces."""

    namespace: str | None = None
    labels: str = ""
    fields: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: without a `token` the first, with a `size` of 0 everything at once.

    `least` is a version that it must have reached; without one it shows all that was written before the request.
    """

    token: str = ""
    size: int = PAGE
    least: str = ""


def get(kind: ApiKind, ref: ObjectRef) -> ApiRequest:
    """Read one object."""
    return ApiRequest("GET", object_path(kind, ref), "read", str(ref))


def list_page(kind: ApiKind, selection: Selection, page: Page, *, metadata_only: bool = False) -> ApiRequest:
    """Read one page of a list."""
    query = {**_selectors(selection), "limit": str(page.size)}
    if page.token:
        query["continue"] = page.token
    elif page.least:
        query |= {"resourceVersion": page.least, "resourceVersionMatch": "NotOlderThan"}
    target, headers = _with(collection_path(kind, selection.namespace), query), _METADATA if metadata_only else _JSON
    return ApiRequest("GET", target, "list", _all(kind, selection), headers)


def watch(kind: ApiKind, selection: Selection, *, version: str, seconds: int) -> ApiRequest:
    """Follow a collection from a version on; the server ends the answer after `seconds`."""
    query = {
        **_selectors(selection),
        "watch": "1",
        "allowWatchBookmarks": "true",
        "resourceVersion": version,
        "timeoutSeconds": str(seconds),
    }
    return ApiRequest("GET", _with(collection_path(kind, selection.namespace), query), "watch", _all(kind, selection))


def apply(
    kind: ApiKind, ref: ObjectRef, manifest: Mapping[str, Any], *, manager: str, dry_run: bool, force: bool
) -> ApiRequest:
    """Server-side apply one object."""
    query = {"fieldManager": manager, "fieldValidation": "Strict"}
    query |= {"force": "true"} if force else {}
    query |= {"dryRun": "All"} if dry_run else {}
    return ApiRequest(
        "PATCH",
        _with(object_path(kind, ref), query),
        "check" if dry_run else "apply",
        str(ref),
        headers=_APPLY,
        body=_UNPRINTABLE.sub(_escaped, orjson.dumps(manifest)),
        secrets=_secrets(manifest),
        urgent=ref.group_kind == _SIGN_OF_LIFE,
    )


def create(kind: ApiKind, ref: ObjectRef, manifest: Mapping[str, Any], *, manager: str) -> ApiRequest:
    """Create one object."""
    path = _with(collection_path(kind, ref.namespace), {"fieldManager": manager, "fieldValidation": "Strict"})
    return _sent("POST", path, verb="create", ref=ref, manifest=manifest, once=not ref.name)


def replace(
    kind: ApiKind, ref: ObjectRef, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False
) -> ApiRequest:
    """Put an object in the place of the version that it names."""
    query = {"fieldManager": manager, "fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}
    return _sent("PUT", _with(object_path(kind, ref), query), verb="replace", ref=ref, manifest=manifest)


def patch(kind: ApiKind, ref: ObjectRef, operations: Sequence[Mapping[str, Any]], *, manager: str) -> ApiRequest:
    """Carry out a JSON Patch on one object."""
    path = _with(object_path(kind, ref), {"fieldManager": manager, "fieldValidation": "Strict"})
    texts = {"kind": ref.kind, "data": [one.get("value") for one in operations]}  # what may stand in a Secret
    return ApiRequest(
        "PATCH", path, "patch", str(ref), headers=_PATCH, body=orjson.dumps(list(operations)), secrets=_secrets(texts)
    )


def delete(kind: ApiKind, ref: ObjectRef, *, uid: str, resource_version: str | None) -> ApiRequest:
    """Delete one object if it still is the one meant; what it owns goes after it."""
    preconditions = {"uid": uid, **({"resourceVersion": resource_version} if resource_version else {})}
    options = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": preconditions,
    }
    return ApiRequest("DELETE", object_path(kind, ref), "delete", str(ref), headers=_BODY, body=orjson.dumps(options))


def logs(pod: ObjectRef, *, container: str, previous: bool, tail: int) -> ApiRequest:
    """Read the end of a container's log; a node that does not answer is no reason to wait."""
    query = {"container": container, "tailLines": str(tail), "limitBytes": str(LOG_BYTES)}
    query |= {"previous": "true"} if previous else {}
    path = f"/api/v1/namespaces/{_segment(pod.namespace)}/pods/{_segment(pod.name)}/log"
    subject = f"{pod}, container {container}"
    return ApiRequest("GET", _with(path, query), "read the log of", subject, headers={}, patient=False)


def proxied(whom: Probed, request: ProbeRequest) -> ApiRequest:
    """Send a request on to a pod or Service; needs the verb of the method on `pods/proxy` or `services/proxy`."""
    kind, plural = ("Pod", "pods") if isinstance(whom, PodAddress) else ("Service", "services")
    name = f"{_segment(whom.name)}:{request.port}"
    target = f"/api/v1/namespaces/{_segment(whom.namespace)}/{plural}/{name}/proxy{request.target}"
    headers = {"Accept": "*/*", **({"Content-Type": request.content_type} if request.content_type else {})}
    subject = f"{kind} {whom.namespace}/{whom.name}"
    return ApiRequest(request.method, target, "ask", subject, headers=headers, patient=False)


def document(path: str, subject: str) -> ApiRequest:
    """Read something that is no object: version, OpenAPI."""
    return ApiRequest("GET", path, "read", subject)


def discovery(path: str) -> ApiRequest:
    """Ask what is served, in one aggregated document where the server can."""
    return ApiRequest("GET", path, "discover", "the served kinds", headers=_AGGREGATED)


def collection_path(kind: ApiKind, namespace: str | None) -> str:
    """Return the URL path of all objects of a kind, in one namespace or (None) in all."""
    root = "/apis/" if "/" in kind.api_version else "/api/"
    within = f"/namespaces/{_segment(namespace)}" if kind.namespaced and namespace else ""
    return f"{root}{quote(kind.api_version)}{within}/{_segment(kind.plural)}"


def object_path(kind: ApiKind, ref: ObjectRef) -> str:
    """Return the URL path of one object."""
    return f"{collection_path(kind, ref.namespace)}/{_segment(ref.name)}"


def _sent(
    method: str, path: str, *, verb: str, ref: ObjectRef, manifest: Mapping[str, Any], once: bool = False
) -> ApiRequest:
    body, secrets = orjson.dumps(manifest), _secrets(manifest)
    return ApiRequest(method, path, verb, str(ref), headers=_BODY, body=body, secrets=secrets, once=once)


def _segment(text: str) -> str:
    # An empty name would turn the deletion of one object into that of all; dots would lead to other objects.
    if text in {"", ".", ".."}:
        raise InputError(
            Problem(
                code="nameInvalid", message=f"{text!r} is no name of an object or namespace", remedy="give it a name"
            )
        )
    return quote(text, safe="")


def _escaped(found: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(found[0].decode())


def _with(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def _selectors(selection: Selection) -> dict[str, str]:
    named = {"labelSelector": selection.labels, "fieldSelector": selection.fields}
    return {name: text for name, text in named.items() if text}


def _all(kind: ApiKind, selection: Selection) -> str:
    return f"{kind.plural} in {selection.namespace}" if selection.namespace else f"{kind.plural} in all namespaces"


def _secrets(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the values of a Secret in every form in which a server might quote them."""
    if manifest.get("kind") != "Secret":
        return ()
    clear = list(_texts(manifest.get("stringData")))
    encoded = list(_texts(manifest.get("data")))
    forms = {*clear, *encoded, *(_decoded(text) for text in encoded)}
    forms |= {base64.b64encode(text.encode()).decode() for text in clear}
    return tuple(sorted((form for form in forms if form), key=len, reverse=True))


def _texts(value: object) -> Iterator[str]:
    """Yield every scalar, also in places where a Secret may have none."""
    match value:
        case Mapping():
            for child in value.values():
                yield from _texts(child)
        case list():
            for child in value:
                yield from _texts(child)
        case None | bool():
            return
        case _:
            yield str(value)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""
