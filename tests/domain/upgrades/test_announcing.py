from __future__ import annotations

import pytest

from fairlead.domain.errors import InputError
from fairlead.domain.images import parse_image
from fairlead.domain.upgrades.announcing import Announcement, announced_chart, announced_image

DIGEST = "sha256:" + "a" * 64


def test_images() -> None:
    assert announced_image("nginx:1.0") == Announcement(parse_image("nginx").name, "1.0")
    found = announced_image(f"localhost:5000/a/b:1.0@{DIGEST}")
    assert found == Announcement(parse_image("localhost:5000/a/b").name, "1.0", DIGEST)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nginx", "imageWithoutTag"),
        ("localhost:5000/nginx", "imageWithoutTag"),
        (f"nginx@{DIGEST}", "imageWithoutTag"),
        ("nginx:", "imageInvalid"),
        ("nginx:a b", "imageInvalid"),
    ],
)
def test_no_images(text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        announced_image(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "reference", "version"),
    [
        ("acme/cache:1.0.0+a.b", "acme/cache", "1.0.0+a.b"),
        ("oci://reg.test:5000/charts/cache:1.0", "oci://reg.test:5000/charts/cache", "1.0"),
    ],
)
def test_charts(text: str, reference: str, version: str) -> None:
    assert announced_chart(text) == Announcement(reference, version)


@pytest.mark.parametrize(
    "text", ["cache:1.0", "acme/cache", "acme/cache:", "oci://reg.test:5000/cache", "a/b/c:1", "a/b:1 2"]
)
def test_no_charts(text: str) -> None:
    with pytest.raises(InputError) as caught:
        announced_chart(text)
    assert caught.value.code == "chartInvalid"
