"""What each provider's deliveries announce, what is no announcement, and that nothing else comes of any input."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.errors import InputError
from fairlead.domain.webhooks.deliveries import BranchPushed, ImagePushed
from fairlead.domain.webhooks.providers import PROVIDERS
from tests.domain.webhooks.announcing import announced, assert_sound, places, replaced
from tests.domain.webhooks.shapes import DIGEST, HARBOR_CLOUD_EVENT, SHAPES, event, in_base64


def changed(provider: str, path: str, value: Any) -> Any:
    """The provider's usual body with one place changed."""
    return replaced(SHAPES[provider][1], tuple(path.split("/")), value)


def test_every_provider_has_a_shape() -> None:
    assert SHAPES.keys() == PROVIDERS.keys()


@pytest.mark.parametrize("provider", SHAPES)
def test_a_delivery_announces_what_was_pushed(provider: str) -> None:
    _, body, expected = SHAPES[provider]

    assert announced(provider, body) == expected


def test_harbor_may_send_cloud_events() -> None:
    assert announced("harbor", HARBOR_CLOUD_EVENT) == SHAPES["harbor"][2]


@pytest.mark.parametrize(
    ("provider", "body", "headers"),
    [
        ("githubPackages", {"zen": "Keep it logically awesome.", "hook_id": 1}, {"x_github_event": "ping"}),
        ("githubPackages", changed("githubPackages", "action", "updated"), {}),
        ("githubPackages", changed("githubPackages", "package/package_type", "npm"), {}),
        ("githubPackages", changed("githubPackages", "package/package_version/container_metadata", None), {}),
        ("harbor", changed("harbor", "type", "DELETE_ARTIFACT"), {}),
        ("harbor", {**HARBOR_CLOUD_EVENT, "type": "harbor.artifact.pulled"}, {}),
        ("quay", {"repository": "acme/web", "docker_url": "quay.io/acme/web"}, {}),
        ("ecr", changed("ecr", "detail/action-type", "DELETE"), {}),
        ("ecr", changed("ecr", "detail/result", "FAILURE"), {}),
        ("ecr", changed("ecr", "detail/image-tag", None), {}),
        ("ecr", changed("ecr", "detail-type", "ECR Image Scan"), {}),
        ("google", changed("google", "message/data", in_base64({"action": "DELETE"})), {}),
        ("google", changed("google", "message/data", in_base64({"action": "INSERT", "digest": "x"})), {}),
        ("azure", {"id": "1", "action": "ping"}, {}),
        ("azure", changed("azure", "target/tag", None), {}),
        ("distribution", {"events": []}, {}),
        ("github", {"zen": "Anything added dilutes everything else."}, {"x_github_event": "ping"}),
        ("github", changed("github", "ref", "refs/tags/v1"), {}),
        ("github", changed("github", "after", "0" * 40), {}),
        ("gitea", changed("gitea", "ref", "refs/heads/main"), {"x_gitea_event": "issues"}),
        ("gitlab", changed("gitlab", "object_kind", "tag_push"), {}),
        ("bitbucket", changed("bitbucket", "push/changes", []), {}),
        ("bitbucket", {}, {"x_event_key": "pullrequest:created"}),
    ],
)
def test_what_is_no_push_announces_nothing(provider: str, body: Any, headers: dict[str, str]) -> None:
    assert announced(provider, body, **headers) == ()


@pytest.mark.parametrize(
    ("provider", "path", "value"),
    [
        ("dockerHub", "push_data/tag", 'v1"\n  command: x #'),
        ("dockerHub", "push_data/tag", "-v1"),
        ("dockerHub", "push_data/tag", "a" * 129),
        ("dockerHub", "push_data/pushed_at", "yesterday"),
        ("dockerHub", "push_data/pushed_at", True),
        ("dockerHub", "push_data/pushed_at", 1e300),
        ("dockerHub", "repository/repo_name", "acme/web:latest"),
        ("dockerHub", "repository/repo_name", "../../etc"),
        ("dockerHub", "repository/repo_name", "a" * 5000),
        ("dockerHub", "repository/repo_name", ["acme/web"]),
        ("githubPackages", "package/package_version/created_at", "soon"),
        ("githubPackages", "package/package_version/container_metadata/tag/digest", "sha256:short"),
        ("harbor", "event_data/resources", "web"),
        ("harbor", "type", "harbor.artifact.pushed"),
        ("ecr", "account", "evil.example.org/x?"),
        ("ecr", "region", "eu-central-1.evil.org/"),
        ("google", "message/data", "no base64!"),
        ("google", "message/data", in_base64([1])[:-3]),
        ("google", "message/data", in_base64({"action": "INSERT", "tag": "europe-docker.pkg.dev/acme/web"})),
        ("azure", "request/host", "evil.org/a b"),
        ("generic", "image", "registry.example.org/shop/web"),
        ("generic", "image", 7),
        ("generic", "time", "0001-01-01T00:00:00+14:00"),
        ("generic", "time", "9999-12-31T23:59:59-14:00"),
        ("github", "after", "HEAD"),
        ("github", "ref", None),
        ("github", "repository/full_name", "no slash"),
        ("bitbucket", "push/changes/0/new/target/hash", "abc"),
    ],
)
def test_what_cannot_be_is_refused(provider: str, path: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        announced(provider, changed(provider, path, value))

    assert caught.value.code == "payloadInvalid"


def test_images_of_chinese_regions_lie_elsewhere() -> None:
    (found,) = announced("ecr", changed("ecr", "region", "cn-north-1"))

    assert isinstance(found, ImagePushed)
    assert found.image.registry == "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"


def test_bitbucket_may_leave_out_addresses() -> None:
    (found,) = announced("bitbucket", changed("bitbucket", "repository/links", {}))

    assert isinstance(found, BranchPushed)
    assert found.addresses == ()


def test_a_time_without_a_zone_is_universal() -> None:
    (found,) = announced("azure", {**event("acme.azurecr.io"), "timestamp": "2026-11-21T12:00:00"})

    assert isinstance(found, ImagePushed)
    assert found.time is not None
    assert found.time.utcoffset() is not None


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("dockerHub", changed("dockerHub", "push_data/pushed_at", None)),
        ("azure", {**event("acme.azurecr.io"), "timestamp": ""}),
    ],
)
def test_a_time_may_be_missing(provider: str, body: Any) -> None:
    (found,) = announced(provider, body)

    assert isinstance(found, ImagePushed)
    assert found.time is None


def test_a_digest_may_be_missing() -> None:
    (found,) = announced("azure", changed("azure", "target/digest", None))

    assert isinstance(found, ImagePushed)
    assert found.digest is None


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["push", "PUSH", "INSERT", "published", "container", "branch", DIGEST, "1.0", "refs/heads/x", ".*"]
    )
)
_ANY = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@given(st.data())
def test_nothing_but_sound_announcements_comes_of_any_body(data: st.DataObject) -> None:
    bodies = [*((name, shape[1]) for name, shape in sorted(SHAPES.items())), ("harbor", HARBOR_CLOUD_EVENT)]
    provider, body = data.draw(st.sampled_from(bodies))
    for _ in range(data.draw(st.integers(1, 3))):
        found = list(places(body))
        if not found:
            break
        body = replaced(body, data.draw(st.sampled_from(found)), data.draw(_ANY))

    assert_refused_or_sound(provider, body)


@given(st.sampled_from(sorted(SHAPES)), _ANY)
def test_bodies_of_any_kind_are_refused_or_announce_nothing(provider: str, body: Any) -> None:
    assert_refused_or_sound(provider, body)


def assert_refused_or_sound(provider: str, body: Any) -> None:
    codes: list[str] = []
    try:
        for each in announced(provider, body):
            assert_sound(each)
    except InputError as error:
        codes = [problem.code for problem in error.problems]
    assert codes in ([], ["payloadInvalid"])
