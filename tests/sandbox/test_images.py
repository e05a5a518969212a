"""Images around one program: OCI, and the same bytes every time."""

from __future__ import annotations

import json

import pytest

from fairlead.doors.archives import read_tar
from fairlead.sandbox.images import Command, digest_of, single_program_image

PROGRAM = b"\x7fELF static"
COMMAND = Command(("pause",), env={"B": "2", "A": "1"}, port=8080)


def test_the_digest_depends_on_nothing_but_the_contents() -> None:
    image = single_program_image("app", PROGRAM, COMMAND, machine="x86_64")
    assert image.digest == "sha256:b6e4e3864700c3c85536f567032ddb2b73c99cbe63b168581b1eecab68cd3997"


@pytest.mark.parametrize(("machine", "expected"), [("x86_64", "amd64"), ("aarch64", "arm64"), ("riscv64", "riscv64")])
def test_the_machine_is_called_as_images_call_it(machine: str, expected: str) -> None:
    image = single_program_image("app", PROGRAM, COMMAND, machine=machine)
    config = json.loads(image.blobs[json.loads(image.manifest)["config"]["digest"]])
    assert config["architecture"] == expected


def test_the_manifest_refers_to_the_blobs_and_the_layer_holds_the_program() -> None:
    image = single_program_image("app", PROGRAM, COMMAND, machine="x86_64")
    manifest = json.loads(image.manifest)
    for descriptor in (manifest["config"], *manifest["layers"]):
        blob = image.blobs[descriptor["digest"]]
        assert digest_of(blob) == descriptor["digest"]
        assert len(blob) == descriptor["size"]
    [layer] = manifest["layers"]
    config = json.loads(image.blobs[manifest["config"]["digest"]])
    assert config["rootfs"]["diff_ids"] == [layer["digest"]]
    assert config["config"] == {
        "Entrypoint": ["/app", "pause"],
        "Env": ["A=1", "B=2"],
        "ExposedPorts": {"8080/tcp": {}},
    }
    assert read_tar(image.blobs[layer["digest"]], name="layer") == {"app": PROGRAM}


@pytest.mark.parametrize(
    "other",
    [
        single_program_image("app", PROGRAM + b"!", COMMAND, machine="x86_64"),
        single_program_image("other", PROGRAM, COMMAND, machine="x86_64"),
        single_program_image("app", PROGRAM, Command(), machine="x86_64"),
        single_program_image("app", PROGRAM, COMMAND, machine="aarch64"),
    ],
)
def test_anything_else_is_another_image(other: object) -> None:
    assert other != single_program_image("app", PROGRAM, COMMAND, machine="x86_64")
