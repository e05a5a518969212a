from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.adapters.registries.manifests import (
    Config,
    Index,
    Manifest,
    choose,
    read_config,
    read_manifest,
    read_time,
    serves,
)
from fairlead.domain.errors import OperationFailed
from fairlead.domain.images import ImageName

IMAGE = ImageName("reg.test", "shop/api")
DIGEST = "sha256:" + "0a" * 32
OTHER = "sha256:" + "0b" * 32
OCI = "application/vnd.oci.image.manifest.v1+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
CONFIG = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": 3}
MANIFEST: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI, "config": CONFIG, "layers": []}


def child(platform: dict[str, str] | None, digest: str = DIGEST, kind: str = OCI) -> dict[str, Any]:
    return {"mediaType": kind, "digest": digest, "size": 3, **({"platform": platform} if platform else {})}


def read(document: Any, kind: str = "") -> Manifest | Index:
    return read_manifest(json.dumps(document).encode(), kind, IMAGE)


@pytest.mark.parametrize(
    ("document", "sent"),
    [
        (MANIFEST, OCI),
        (MANIFEST, f"{OCI}; charset=utf-8"),
        (MANIFEST, ""),
        (MANIFEST, "application/json"),
        ({**MANIFEST, "mediaType": None}, OCI),
        ({**MANIFEST, "mediaType": DOCKER}, DOCKER),
    ],
)
def test_manifests_are_read(document: Any, sent: str) -> None:
    assert read(document, sent) == Manifest(DIGEST, None)


def test_what_is_no_image_has_no_configuration_but_may_have_a_time() -> None:
    chart = {
        **MANIFEST,
        "config": {**CONFIG, "mediaType": "application/vnd.cncf.helm.config.v1+json"},
        "annotations": {"org.opencontainers.image.created": "2026-11-21T12:00:00Z"},
    }
    assert read(chart, OCI) == Manifest(None, datetime(2026, 11, 21, 12, tzinfo=UTC))


@pytest.mark.parametrize("kind", [OCI_INDEX, DOCKER_LIST])
def test_indexes_are_read_without_attestations(kind: str) -> None:
    children = [
        child({"os": "linux", "architecture": "arm64", "variant": "v8"}),
        child({"os": "unknown", "architecture": "unknown"}),
        child(None),
        child({"os": "linux", "architecture": "amd64"}, OTHER, DOCKER),
        child({"os": "linux", "architecture": "amd64"}, kind="application/vnd.in-toto+json"),
    ]
    found = read({"schemaVersion": 2, "mediaType": kind, "manifests": children}, kind)
    assert found == Index((("linux/arm64/v8", DIGEST), ("linux/amd64", OTHER)))


@pytest.mark.parametrize(
    ("document", "sent"),
    [
        ({**MANIFEST, "manifests": []}, OCI),
        ({"mediaType": OCI_INDEX, "manifests": [], "layers": []}, OCI_INDEX),
        ({"mediaType": OCI_INDEX, "manifests": [], "config": CONFIG}, OCI_INDEX),
        ({"mediaType": OCI, "manifests": []}, OCI),
        ({**MANIFEST, "mediaType": OCI_INDEX}, OCI_INDEX),
        (MANIFEST, OCI_INDEX),
        (MANIFEST, DOCKER),
        (MANIFEST, "text/html"),
        ({"mediaType": OCI_INDEX}, OCI_INDEX),
        ({"mediaType": OCI_INDEX, "manifests": {}}, OCI_INDEX),
        ({"mediaType": OCI_INDEX, "manifests": [None]}, OCI_INDEX),
        ({"mediaType": OCI_INDEX, "manifests": [child({"os": "linux"}, "sha256:../x")]}, OCI_INDEX),
        ({**MANIFEST, "config": None}, OCI),
        ({**MANIFEST, "config": {**CONFIG, "digest": "md5:0"}}, OCI),
        ({**MANIFEST, "mediaType": ["x"]}, OCI),
        ({"schemaVersion": 1, "tag": "x", "history": []}, "application/vnd.docker.distribution.manifest.v1+prettyjws"),
        ([], OCI),
        ("text", OCI),
        (None, OCI),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(document: Any, sent: str) -> None:
    with pytest.raises(OperationFailed) as caught:
        read(document, sent)
    assert caught.value.code == "registryUnusable"


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=9) | st.sampled_from([DIGEST, OCI, OCI_INDEX]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "mediaType",
                        "manifests",
                        "config",
                        "layers",
                        "digest",
                        "platform",
                        "annotations",
                        "Labels",
                        "created",
                    ]
                ),
                inner,
            )
        ),
    )
)
def test_no_document_is_a_surprise(document: Any) -> None:
    for reader in (lambda: read(document, OCI), lambda: read_config(json.dumps(document).encode(), IMAGE)):
        try:
            reader()
        except OperationFailed as error:
            assert error.code == "registryUnusable"  # noqa: PT017 - both ends are right


INDEX = Index((("linux/arm/v6", "a"), ("linux/arm/v7", "b"), ("linux/arm64/v8", "c"), ("linux/amd64", "d")))


@pytest.mark.parametrize(
    ("platform", "digest"),
    [
        (None, "d"),
        ("linux/amd64", "d"),
        ("linux/amd64/v1", "d"),
        ("linux/arm64", "c"),
        ("linux/arm64/v8", "c"),
        ("linux/arm", "a"),
        ("linux/arm/v7", "b"),
        ("linux/arm/v5", None),
        ("windows/amd64", None),
        ("linux", "a"),
    ],
)
def test_a_platform_is_chosen(platform: str | None, digest: str | None) -> None:
    assert choose(INDEX, platform) == digest


def test_without_the_usual_platform_the_first_counts_unless_another_is_asked_for() -> None:
    assert choose(Index((("linux/s390x", "a"), ("linux/ppc64le", "b"))), None) == "a"
    assert choose(Index(()), None) is None


@pytest.mark.parametrize(
    ("platform", "expected"),
    [(None, True), ("linux/arm64", True), ("linux/arm64/v8", True), ("linux/amd64", False), ("linux/arm", False)],
)
def test_an_image_of_one_platform_serves_that_one(platform: str | None, *, expected: bool) -> None:
    assert serves(Config("linux/arm64/v8", None), platform) is expected


def test_configurations_are_read() -> None:
    body = {
        "os": "linux",
        "architecture": "amd64",
        "created": "2015-02-13T10:04:55.62062787Z",
        "config": {"Labels": {"a": "b", "odd": 5}},
    }
    found = read_config(json.dumps(body).encode(), IMAGE)
    assert found == Config("linux/amd64", datetime(2015, 2, 13, 10, 4, 55, 620627, tzinfo=UTC), {"a": "b"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T12:00:00Z", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("2026-11-21T14:00:00+02:00", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("2026-11-21T12:00:00.123456789Z", datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-21T12:00:00", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1763726400, None),
    ],
)
def test_times_are_read(text: object, expected: datetime | None) -> None:
    assert read_time(text) == expected
