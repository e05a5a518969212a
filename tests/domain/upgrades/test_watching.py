from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.upgrades.triggers import ImageTrigger
from fairlead.domain.upgrades.updates import Holds, Standing
from fairlead.domain.upgrades.watching import Unwatched, Watched, may_be_prefixed, watched_image
from fairlead.domain.values import Assignment, Branch, Layer, Leaf, Origin, Tree, assign, tree_of_value

ORIGIN = Origin(Layer.VALUES, "apps.yaml", 3)
DIGEST = "sha256:" + "a" * 64
DEFAULT = ImageTrigger()


def tree(values: dict[str, Any]) -> Tree:
    return tree_of_value(values, ORIGIN)


LIBRARY = "docker.io/library/web"


@pytest.mark.parametrize(
    ("values", "image", "tag"),
    [
        ({"repository": "web", "tag": "1.0"}, LIBRARY, "1.0"),
        ({"repository": "web", "tag": 7}, LIBRARY, "7"),
        ({"repository": "web", "tag": 1.1}, LIBRARY, "1.1"),
        ({"prefix": "example.io/", "repository": "test-image", "tag": "1"}, "example.io/test-image", "1"),
        ({"prefix": "example.io/", "repository": "quay.io/acme/web", "tag": "1"}, "quay.io/acme/web", "1"),
    ],
)
def test_a_tag_beside_its_repository(values: dict[str, Any], image: str, tag: str) -> None:
    found = watched_image(DEFAULT, tree({"image": values}))
    assert isinstance(found, Watched)
    assert (str(found.image), found.tag, found.digest) == (image, tag, None)
    assert found.standing == Standing("image.tag", Holds.TAG, tag, Layer.VALUES, "apps.yaml")


@pytest.mark.parametrize(
    ("trigger", "values", "image", "key", "text"),
    [
        (DEFAULT, {"image": {"repository": "acme/web:1.0"}}, "docker.io/acme/web", "image.repository", "acme/web:1.0"),
        (
            ImageTrigger(tag_value="worker"),
            {"image": {"repository": "other", "prefix": "p.io/"}, "worker": "localhost:5000/web:1.0"},
            "localhost:5000/web",
            "worker",
            "localhost:5000/web:1.0",
        ),
        (
            ImageTrigger(repo_value="worker", tag_value="worker"),
            {"worker": "acme/web:1.0"},
            "docker.io/acme/web",
            "worker",
            "acme/web:1.0",
        ),
    ],
)
def test_one_value_that_holds_both(
    trigger: ImageTrigger, values: dict[str, Any], image: str, key: str, text: str
) -> None:
    found = watched_image(trigger, tree(values))
    assert isinstance(found, Watched)
    assert (str(found.image), found.tag) == (image, "1.0")
    assert found.standing == Standing(key, Holds.REFERENCE, text, Layer.VALUES, "apps.yaml")


def test_who_names_a_prefix_means_it() -> None:
    values = {"mirror": "example.io/", "image": {"repository": "quay.io/acme/web", "tag": "1"}}
    found = watched_image(ImageTrigger(repo_prefix_value="mirror"), tree(values))
    assert isinstance(found, Watched)
    assert str(found.image) == "example.io/quay.io/acme/web"


@pytest.mark.parametrize(
    "values",
    [{"image": {"repository": "web", "tag": f"1.0@{DIGEST}"}}, {"image": {"repository": f"web:1.0@{DIGEST}"}}],
)
def test_a_pinned_digest(values: dict[str, Any]) -> None:
    found = watched_image(DEFAULT, tree(values))
    assert isinstance(found, Watched)
    assert (found.tag, found.digest) == ("1.0", DIGEST)


def test_an_item_of_a_list() -> None:
    trigger = ImageTrigger(repo_value="containers[1].image", tag_value="containers[1].tag")
    found = watched_image(trigger, tree({"containers": [{}, {"image": "web", "tag": "1.0"}]}))
    assert isinstance(found, Watched)
    assert found.standing.key == "containers[1].tag"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "imageMissing"),
        ({"image": "web:1.0"}, "imageMissing"),
        ({"image": {"tag": "1.0"}}, "imageMissing"),
        ({"image": {"repository": "", "tag": "1.0"}}, "imageMissing"),
        ({"image": {"repository": ["web"], "tag": "1.0"}}, "imageMissing"),
        ({"image": {"repository": "web"}}, "tagMissing"),
        ({"image": {"repository": f"web@{DIGEST}"}}, "tagMissing"),
        ({"image": {"repository": "web", "tag": None}}, "tagMissing"),
        ({"image": {"repository": "web:1.0", "tag": "1.0"}}, "tagTwice"),
        ({"image": {"repository": f"web@{DIGEST}", "tag": "1.0"}}, "tagTwice"),
        ({"image": {"repository": "web", "tag": "1 0"}}, "tagInvalid"),
        ({"image": {"repository": "web", "tag": "1.0@sha256:ab"}}, "tagInvalid"),
        ({"image": {"repository": "Web", "tag": "1.0"}}, "imageInvalid"),
        ({"image": {"repository": "web", "tag": 20180203}}, "valueNotText"),
        ({"image": {"repository": "web", "tag": True}}, "valueNotText"),
    ],
)
def test_what_cannot_be_told(values: dict[str, Any], code: str) -> None:
    found = watched_image(DEFAULT, tree(values))
    assert isinstance(found, Unwatched)
    assert found.code == code


def test_a_secret_value_is_not_read() -> None:
    values = tree({"image": {"repository": "web"}})
    assert isinstance(values, Branch)
    hidden = assign(values, Assignment(("image", "tag"), Leaf("1.0", ORIGIN, mask="(secret a/b)")))
    found = watched_image(DEFAULT, hidden)
    assert isinstance(found, Unwatched)
    assert found.code == "valueHidden"


@pytest.mark.parametrize(
    ("trigger", "values", "open_"),
    [
        (DEFAULT, {"image": {"repository": "web", "tag": "1"}}, True),
        (DEFAULT, {"image": {"tag": "1"}}, True),
        (DEFAULT, {"image": {"repository": "web", "tag": "1", "prefix": "p/"}}, False),
        (DEFAULT, {"image": {"repository": "quay.io/web", "tag": "1"}}, False),
        (ImageTrigger(repo_prefix_value="p"), {"image": {"repository": "quay.io/web", "tag": "1"}}, True),
        (ImageTrigger(tag_value="w"), {"image": {"repository": "web"}, "w": "quay.io/web:1"}, False),
    ],
)
def test_whether_a_chart_may_still_hold_a_prefix(trigger: ImageTrigger, values: dict[str, Any], open_: bool) -> None:
    assert may_be_prefixed(trigger, tree(values)) is open_
