"""How Helm keeps a revision in the cluster: a Secret `sh.helm.release.v1.NAME.vN`, written and read as Helm does.

The form is that of Helm 4's Secret driver (`pkg/storage/driver`): gzipped JSON as base64 text under `release`, and
labels by which Helm finds it. Annotations say which chart and hooks we wrote it for; Helm drops them with its own next
write, so they can only ever be true. They spare us the payload where only those are asked for.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.helm_release import HelmRelease, HelmStatus
from fairlead.domain.identity import ObjectRef

SECRET_TYPE: Final = "helm.sh/release.v1"  # noqa: S105 - names a kind of Secret
CHART_ANNOTATION: Final = "fairlead.dev/chart"
HOOKS_ANNOTATION: Final = "fairlead.dev/hooks"
RECORD_LIMIT: Final = 1024 * 1024
"""Bytes of data that Kubernetes takes in one Secret."""

_UNPACKED_LIMIT: Final = 64 * 1024 * 1024
_GZIP: Final = 31  # zlib's way to ask for a gzip header


@dataclass(frozen=True, slots=True, order=True)
class HelmRevision:
    """What the metadata of a record tells.

    `chart` and `hooks`, its hooks' fingerprints as JSON, are only known of records that we wrote last, else empty.
    """

    revision: int
    release: str
    namespace: str
    status: HelmStatus
    chart: str = ""
    hooks: str = ""

    @property
    def ref(self) -> ObjectRef:
        """The Secret that holds the record."""
        return secret_ref(self.release, self.namespace, self.revision)


def secret_ref(release: str, namespace: str, revision: int) -> ObjectRef:
    """Return where the record of a revision is kept."""
    return ObjectRef("v1", "Secret", namespace, f"sh.helm.release.v1.{release}.v{revision}")


def revision_of(secret: Mapping[str, Any]) -> HelmRevision | None:
    """Return what the metadata of a Secret says of the record in it; None when Helm would not find one there."""
    metadata = secret.get("metadata") or {}
    labels = metadata.get("labels") or {}
    number = str(labels.get("version") or "")
    if labels.get("owner") != "helm" or not labels.get("name") or not (number.isascii() and number.isdigit()):
        return None
    return HelmRevision(
        int(number),
        str(labels["name"]),
        str(metadata.get("namespace") or ""),
        HelmStatus.read(labels.get("status")),
        *(str((metadata.get("annotations") or {}).get(name) or "") for name in (CHART_ANNOTATION, HOOKS_ANNOTATION)),
    )


def new_secret(release: HelmRelease, *, at: datetime, hooks: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the Secret of a revision that has just begun; `hooks` tell later whether its hooks have changed."""
    ref = secret_ref(release.name, release.namespace, release.revision)
    metadata = {
        "name": ref.name,
        "namespace": ref.namespace,
        "labels": {**_labels(release), "createdAt": _seconds(at)},
        "annotations": {
            CHART_ANNOTATION: release.chart_name,
            **({} if hooks is None else {HOOKS_ANNOTATION: json.dumps(hooks)}),
        },
    }
    return {**_written(release), "apiVersion": "v1", "kind": "Secret", "metadata": metadata}


def changed_secret(live: Mapping[str, Any], release: HelmRelease, *, at: datetime) -> dict[str, Any]:
    """Return the Secret of a revision that goes on, given what is live; labels of other people stay."""
    metadata = dict(live["metadata"])
    metadata.pop("managedFields", None)
    labels = {**(metadata.get("labels") or {}), **_labels(release), "modifiedAt": _seconds(at)}
    labels.pop("createdAt", None)
    return {**live, **_written(release), "metadata": {**metadata, "labels": labels}}


def release_of(secret: Mapping[str, Any]) -> HelmRelease:
    """Return the record that a Secret holds; raises what `decode` raises."""
    name = str((secret.get("metadata") or {}).get("name"))
    try:
        text = base64.b64decode(str((secret.get("data") or {}).get("release") or ""), validate=True).decode()
    except ValueError as error:
        raise _unreadable(name, str(error)) from None
    return decode(text, name=name)


def encode(release: HelmRelease) -> str:
    """Return the text that stands under `release` in a Secret, before the Secret's own base64.

    A record that is too large for a Secret loses the templates and files of its chart.

    Raises:
        OperationFailed: `helmRecordTooLarge`; it is too large even without them.
    """
    for candidate in (release, release.without_sources()):
        packed = _packed(candidate)
        if len(packed) <= RECORD_LIMIT:
            return packed
    raise OperationFailed(
        Problem(
            "helmRecordTooLarge",
            f"the Helm record of release {release.name}, revision {release.revision}, takes {len(packed)} bytes even "
            f"without the templates of its chart; a Secret holds {RECORD_LIMIT}",
            remedy="divide the release into several, or move large texts out of its values and ConfigMaps",
        )
    )


def decode(text: str, *, name: str) -> HelmRelease:
    """Return the record that a Secret holds under `release`; `name` is what to call the Secret in errors.

    Raises:
        OperationFailed: `helmRecordUnreadable`; it is no record of Helm's.
    """
    try:
        body = json.loads(_unpacked(base64.b64decode(text, validate=True)))
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise _unreadable(name, str(error)) from None
    if not isinstance(body, dict) or not isinstance(body.get("version"), int):
        raise _unreadable(name, "it holds no revision")
    return HelmRelease(body)


def _written(release: HelmRelease) -> dict[str, Any]:
    return {"type": SECRET_TYPE, "data": {"release": base64.b64encode(encode(release).encode()).decode()}}


def _labels(release: HelmRelease) -> dict[str, str]:
    return {
        "name": release.name,
        "owner": "helm",
        "status": release.status.value,
        "version": str(release.revision),
    }


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def _packed(release: HelmRelease) -> str:
    body = json.dumps(release.body, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    packer = zlib.compressobj(wbits=_GZIP)
    return base64.b64encode(packer.compress(body) + packer.flush()).decode()


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data  # the first versions of Helm 3 did not compress
    unpacker = zlib.decompressobj(_GZIP)
    found = unpacker.decompress(data, _UNPACKED_LIMIT)
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError("it is cut off, or unpacks to more than any release holds")
    return found


def _unreadable(name: str, why: str) -> OperationFailed:
    remedy = "look at it with `helm get all`; delete the Secret if Helm cannot read it either"
    return OperationFailed(Problem("helmRecordUnreadable", f"{name} is no record of Helm: {why}", remedy=remedy))
