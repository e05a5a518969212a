from __future__ import annotations

import base64
import gzip
import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.errors import OperationFailed
from fairlead.domain.helm_payload import (
    CHART_ANNOTATION,
    RECORD_LIMIT,
    HelmRevision,
    changed_secret,
    decode,
    encode,
    new_secret,
    release_of,
    revision_of,
)
from fairlead.domain.helm_release import HelmRelease, HelmStatus

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 3, 5, tzinfo=UTC)
BODY: dict[str, Any] = {
    "name": "web",
    "namespace": "shop",
    "version": 3,
    "info": {"status": "pending-upgrade", "description": "é \U0001f600 <&>"},
    "chart": {"metadata": {"name": "shop-web", "version": "1.0.0"}, "templates": [], "files": []},
}

texts = st.text(st.characters(codec="utf-8"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@given(st.dictionaries(texts, json_values), st.integers(1, 10**6))
def test_what_is_written_is_read_back(config: dict[str, Any], number: int) -> None:
    release = HelmRelease({**BODY, "config": config, "version": number})
    assert decode(encode(release), name="x") == release


def test_the_form_is_base64_of_gzip_of_json() -> None:
    assert json.loads(gzip.decompress(base64.b64decode(encode(HelmRelease(BODY))))) == BODY


def test_the_same_release_gives_the_same_bytes() -> None:
    assert encode(HelmRelease(BODY)) == encode(HelmRelease(dict(BODY)))


def test_a_record_of_an_early_helm_is_not_compressed() -> None:
    assert decode(base64.b64encode(json.dumps(BODY).encode()).decode(), name="x").body == BODY


def _incompressible(size: int) -> str:
    return base64.b64encode(random.Random(1).randbytes(size)).decode()


def test_a_large_record_loses_the_sources_of_its_chart_first() -> None:
    large = {"name": "templates/a.yaml", "data": _incompressible(RECORD_LIMIT)}
    chart = {**BODY["chart"], "templates": [large], "files": [large]}
    kept = decode(encode(HelmRelease({**BODY, "chart": chart, "manifest": "a: 1"})), name="x")
    assert (kept.body["chart"]["templates"], kept.body["chart"]["files"]) == ([], [])
    assert (kept.chart_name, kept.manifest) == ("shop-web", "a: 1")


def test_a_record_that_is_too_large_without_them_is_refused() -> None:
    with pytest.raises(OperationFailed) as refused:
        encode(HelmRelease({**BODY, "manifest": _incompressible(RECORD_LIMIT)}))
    assert refused.value.code == "helmRecordTooLarge"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "???",
        base64.b64encode(b"no json").decode(),
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b'{"version": "1"}').decode(),
        base64.b64encode(gzip.compress(json.dumps(BODY).encode(), mtime=0)[:-9]).decode(),
        base64.b64encode(b"\x1f\x8b not gzip at all").decode(),
        base64.b64encode(gzip.compress(b" " * (65 << 20), mtime=0)).decode(),
        base64.b64encode(b"[" * 100_000).decode(),
    ],
)
def test_what_is_no_record_is_said_to_be_none(text: str) -> None:
    with pytest.raises(OperationFailed) as refused:
        decode(text, name="sh.helm.release.v1.web.v3")
    assert refused.value.code == "helmRecordUnreadable"


def test_the_secret_of_a_new_revision() -> None:
    secret = new_secret(HelmRelease(BODY), at=AT)
    assert secret["type"] == "helm.sh/release.v1"
    assert secret["metadata"] == {
        "name": "sh.helm.release.v1.web.v3",
        "namespace": "shop",
        "labels": {
            "name": "web",
            "owner": "helm",
            "status": "pending-upgrade",
            "version": "3",
            "createdAt": str(int(AT.timestamp())),
        },
        "annotations": {CHART_ANNOTATION: "shop-web"},
    }
    assert release_of(secret).body == BODY
    assert revision_of(secret) == HelmRevision(3, "web", "shop", HelmStatus.PENDING_UPGRADE, "shop-web")


def test_a_revision_that_goes_on_keeps_what_others_wrote() -> None:
    live = new_secret(HelmRelease(BODY), at=AT)
    live["metadata"] |= {"resourceVersion": "7", "uid": "u", "managedFields": []}
    live["metadata"]["labels"]["team"] = "a"
    changed = changed_secret(live, HelmRelease(BODY).ended(HelmStatus.DEPLOYED), at=LATER)
    assert changed["metadata"]["labels"] == {
        "name": "web",
        "owner": "helm",
        "status": "deployed",
        "version": "3",
        "team": "a",
        "modifiedAt": str(int(LATER.timestamp())),
    }
    assert (changed["metadata"]["resourceVersion"], changed["metadata"]["uid"]) == ("7", "u")
    assert release_of(changed).status is HelmStatus.DEPLOYED
    assert revision_of(changed) == HelmRevision(3, "web", "shop", HelmStatus.DEPLOYED, "shop-web")


@pytest.mark.parametrize(
    "labels",
    [
        None,
        {},
        {"owner": "helm", "name": "web"},
        {"owner": "helm", "name": "web", "version": "-1"},
        {"owner": "helm", "name": "web", "version": "²"},
        {"owner": "helm", "version": "1"},
        {"owner": "me", "name": "web", "version": "1"},
    ],
)
def test_what_is_not_labelled_as_helm_does_is_no_record(labels: dict[str, str] | None) -> None:
    assert revision_of({"metadata": {"name": "a", "labels": labels}}) is None


def test_only_records_that_we_wrote_last_name_their_chart() -> None:
    secret = new_secret(HelmRelease(BODY), at=AT)
    del secret["metadata"]["annotations"]
    found = revision_of(secret)
    assert found is not None
    assert found.chart == ""
    assert found.ref.name == "sh.helm.release.v1.web.v3"


@pytest.mark.parametrize("data", [None, {}, {"release": "%"}, {"release": base64.b64encode(b"\xff").decode()}])
def test_a_secret_without_a_payload_holds_no_release(data: dict[str, str] | None) -> None:
    with pytest.raises(OperationFailed):
        release_of({"metadata": {"name": "a"}, "data": data})
