"""Which container of an app a trigger is about, and where its image stands."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.declaring.apps.reading import read_descriptor
from fairlead.domain.upgrades.triggers import ImageTrigger
from fairlead.domain.upgrades.updates import Holds, Standing, is_value
from fairlead.domain.upgrades.watching import Unwatched, Watched
from fairlead.domain.upgrades.watching_apps import watched_in_app
from fairlead.domain.values import Layer

WEB, PROXY = {"name": "web", "image": "acme/web:1.0"}, {"name": "proxy", "image": "reg.test:5000/proxy:v2"}
DIGEST = "sha256:" + "a" * 64
ONLY, SECOND = "podspec.containers[0].image", "podspec.containers[1].image"
WORKER = {"name": "worker", "podspec": {"containers": [PROXY]}}


def app(*containers: dict[str, Any], version: str = "#", **more: Any) -> Descriptor:
    document = {"appName": "shop", "newVersion": version, "podspec": {"containers": list(containers)}, **more}
    found = read_descriptor(document)
    assert isinstance(found, Descriptor), found
    return found


@pytest.mark.parametrize(
    ("trigger", "descriptor", "key", "image", "tag"),
    [
        (ImageTrigger(), app(WEB), ONLY, "docker.io/acme/web", "1.0"),
        (ImageTrigger(tag_value=SECOND), app(WEB, PROXY), SECOND, "reg.test:5000/proxy", "v2"),
        (ImageTrigger(repo_value=ONLY), app(WEB, PROXY), ONLY, "docker.io/acme/web", "1.0"),
        (ImageTrigger(repo_value=ONLY, tag_value=ONLY), app(WEB, PROXY), ONLY, "docker.io/acme/web", "1.0"),
        (
            ImageTrigger(tag_value="components[0].podspec.containers[0].image"),
            app(WEB, components=[WORKER]),
            "components[0].podspec.containers[0].image",
            "reg.test:5000/proxy",
            "v2",
        ),
        (
            ImageTrigger(tag_value="podspec.initContainers[0].image"),
            app(WEB, podspec={"containers": [WEB], "initContainers": [PROXY]}),
            "podspec.initContainers[0].image",
            "reg.test:5000/proxy",
            "v2",
        ),
        (
            ImageTrigger(),
            app(WEB, podspec={"containers": [WEB], "initContainers": [PROXY]}),
            ONLY,
            "docker.io/acme/web",
            "1.0",
        ),
    ],
    ids=["only", "second", "repo", "both", "component", "init", "beside-init"],
)
def test_the_image_of_a_container(
    trigger: ImageTrigger, descriptor: Descriptor, key: str, image: str, tag: str
) -> None:
    found = watched_in_app(trigger, descriptor, "apps.yaml")
    assert isinstance(found, Watched)
    assert (str(found.image), found.tag, found.digest) == (image, tag, None)
    assert (found.standing.key, found.standing.layer, found.standing.file) == (key, Layer.APP, "apps.yaml")
    assert not is_value(found.standing)


def test_a_digest_is_part_of_what_is_watched() -> None:
    pinned = f"acme/web:1.0@{DIGEST}"
    found = watched_in_app(ImageTrigger(), app({**WEB, "image": pinned}), "a.yaml")
    assert isinstance(found, Watched)
    assert (found.tag, found.digest) == ("1.0", DIGEST)
    assert found.standing == Standing(ONLY, Holds.REFERENCE, pinned, Layer.APP, "a.yaml")


@pytest.mark.parametrize(
    ("trigger", "descriptor", "code", "named"),
    [
        (ImageTrigger(), app(WEB, version="1.0"), "versionFixed", "newVersion: '#'"),
        (ImageTrigger(), app(WEB, PROXY), "containerUnclear", f"{SECOND} (proxy)"),
        (
            ImageTrigger(),
            app(WEB, components=[WORKER]),
            "containerUnclear",
            "components[0].podspec.containers[0].image",
        ),
        (ImageTrigger(tag_value=SECOND), app(WEB), "imageMissing", ""),
        (ImageTrigger(), app({**WEB, "image": "acme/web"}), "tagMissing", ""),
    ],
    ids=["version", "containers", "components", "nothing", "no-tag"],
)
def test_what_cannot_be_told_has_a_reason(trigger: ImageTrigger, descriptor: Descriptor, code: str, named: str) -> None:
    found = watched_in_app(trigger, descriptor, "apps.yaml")
    assert isinstance(found, Unwatched)
    assert (found.code, named in found.reason) == (code, True)
