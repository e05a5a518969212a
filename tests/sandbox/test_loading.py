"""Image archives as other tools write them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead.domain.errors import InputError
from fairlead.doors.archives import write_tar
from fairlead.sandbox.images import Command, Image, digest_of, single_program_image
from fairlead.sandbox.loading import read_images, short_reference

IMAGE = single_program_image("app", b"program", Command(), machine="x86_64")


def layout(name: str, image: Image = IMAGE, **entry: Any) -> dict[str, bytes]:
    described = {"mediaType": image.media_type, "digest": image.digest, "size": len(image.manifest), **entry}
    index = {"manifests": [{**described, "annotations": {"io.containerd.image.name": name}}]}
    blobs = {**image.blobs, image.digest: image.manifest}
    files = {f"blobs/sha256/{digest.removeprefix('sha256:')}": data for digest, data in blobs.items()}
    return {**files, "index.json": json.dumps(index).encode(), "oci-layout": b"{}"}


def docker(*names: str) -> dict[str, bytes]:
    manifest = json.loads(IMAGE.manifest)
    [layer] = manifest["layers"]
    listed = [{"Config": "config.json", "RepoTags": list(names), "Layers": ["layer.tar"]}]
    return {
        "config.json": IMAGE.blobs[manifest["config"]["digest"]],
        "layer.tar": IMAGE.blobs[layer["digest"]],
        "manifest.json": json.dumps(listed).encode(),
    }


@pytest.mark.parametrize("files", [layout("example.org/team/app:1"), docker("example.org/team/app:1")])
def test_both_forms_give_the_same_image(files: dict[str, bytes]) -> None:
    assert read_images(write_tar(files), name="archive") == {"team/app:1": IMAGE}


def test_an_image_with_two_names_is_loaded_under_both() -> None:
    assert set(read_images(write_tar(docker("a:1", "b:2")), name="archive")) == {"a:1", "b:2"}


def test_of_an_image_for_several_machines_the_one_that_is_there_is_taken() -> None:
    absent = {"mediaType": IMAGE.media_type, "digest": digest_of(b"elsewhere"), "size": 9}
    here = {"mediaType": IMAGE.media_type, "digest": IMAGE.digest, "size": len(IMAGE.manifest)}
    kind = "application/vnd.oci.image.index.v1+json"
    index = Image(json.dumps({"manifests": [absent, here]}).encode(), kind, {})
    files = layout("app:1") | layout("app:1", index)
    assert read_images(write_tar(files), name="archive") == {"app:1": IMAGE}


@pytest.mark.parametrize("files", [{"readme": b"no image"}, docker(), {"index.json": b'{"manifests": []}'}])
def test_an_archive_without_a_named_image_is_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(InputError) as refused:
        read_images(write_tar(files), name="archive")
    assert refused.value.code == "imageArchive"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("app:1", "app:1"),
        ("app", "app:latest"),
        ("docker.io/library/nginx:1.27", "nginx:1.27"),
        ("localhost/app:1", "app:1"),
        ("127.0.0.1:5000/app", "app:latest"),
        ("team/app:1", "team/app:1"),
        ("example.org:443/team/app:1", "team/app:1"),
    ],
)
def test_references_lose_their_registry(reference: str, expected: str) -> None:
    assert short_reference(reference) == expected
