from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.errors import InputError
from fairlead.domain.images import ImageName, ImageReference, is_digest, is_loopback, is_tag, parse_image

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "registry", "repository"),
    [
        ("nginx", "docker.io", "library/nginx"),
        ("library/nginx", "docker.io", "library/nginx"),
        ("docker.io/nginx", "docker.io", "library/nginx"),
        ("docker.io/library/nginx", "docker.io", "library/nginx"),
        ("index.docker.io/library/nginx", "docker.io", "library/nginx"),
        ("registry-1.docker.io/nginx", "docker.io", "library/nginx"),
        ("Docker.IO:443/nginx", "docker.io", "library/nginx"),
        ("docker.io:5000/nginx", "docker.io:5000", "nginx"),
        ("kubecd/kubecd", "docker.io", "kubecd/kubecd"),
        ("kubecd/demo/app", "docker.io", "kubecd/demo/app"),
        ("eu.gcr.io/kubecd-demo/prod-demo-app", "eu.gcr.io", "kubecd-demo/prod-demo-app"),
        ("gcr.io/foo", "gcr.io", "foo"),
        ("reg.example.com:5000/a/b", "reg.example.com:5000", "a/b"),
        ("Reg.Example.COM:443/a", "reg.example.com", "a"),
        ("registry:443/a", "registry:443", "a"),
        ("LOCALHOST:443/a", "localhost:443", "a"),
        ("localhost/a", "localhost", "a"),
        ("localhost:443/a", "localhost:443", "a"),
        ("127.0.0.1:443/a", "127.0.0.1:443", "a"),
        ("registry:5000/a", "registry:5000", "a"),
        ("[::1]:5000/a", "[::1]:5000", "a"),
        ("ghcr.io/a__b/c-d/e.f_g---h", "ghcr.io", "a__b/c-d/e.f_g---h"),
    ],
)
def test_every_spelling_has_one_identity(text: str, registry: str, repository: str) -> None:
    name = ImageName(registry, repository)
    assert parse_image(text) == ImageReference(name)
    assert parse_image(str(name)).name == name


@pytest.mark.parametrize(
    ("text", "tag", "digest"),
    [
        ("nginx:1.25", "1.25", None),
        ("nginx:latest", "latest", None),
        ("reg:5000/a:_v1", "_v1", None),
        (f"nginx@{DIGEST}", None, DIGEST),
        (f"reg:5000/a:v1@{DIGEST}", "v1", DIGEST),
        ("a:" + "x" * 128, "x" * 128, None),
        ("a@sha512:" + "ab" * 64, None, "sha512:" + "ab" * 64),
    ],
)
def test_tags_and_digests(text: str, tag: str | None, digest: str | None) -> None:
    found = parse_image(text)
    assert (found.tag, found.digest) == (tag, digest)
    assert parse_image(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        " nginx",
        "nginx ",
        "nginx\n",
        "nginx:1.0\n",
        "Nginx",
        "a//b",
        "/a",
        "a/",
        "a/../b",
        "../a",
        "-x",
        "--upload-pack=x",
        "a:",
        "a:-x",
        "a:" + "x" * 129,
        "a:b:c",
        "a:1 --force",
        "a@",
        "a@sha256:abc",
        "a@md5:" + "0" * 32,
        f"a@{DIGEST.upper()}",
        f"a@{DIGEST}@{DIGEST}",
        f"a:v1@{DIGEST}\n",
        "https://ghcr.io/a/b",
        "oci://ghcr.io/a",
        "user:pw@ghcr.io/a",
        "reg.example.org:0/a",
        "reg.example.org:65536/a",
        "reg.example.org:x/a",
        "REGISTRY/a",
        "reg.example.org:5000:1",
        "a_b.example.org/x",
        "-a.example.org/x",
        ".example.org/x",
        "reg.example.org/A",
        "reg.example.org/",
        "[::1/a",
        "[::1%eth0]:5000/a",
        "ré.example.org/a",
        "naïve",
        "nginx:\uff11",
        "a\u202eb",
        "\x00",
        "0" * 64,
        "a" * 256,
        "reg.example.org/" + "a/" * 120 + "a",
        "a" + "-" * 100_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_image(text)
    assert refused.value.code == "imageInvalid"


@given(st.text())
def test_what_is_accepted_is_harmless_and_stays_the_same(text: str) -> None:
    try:
        found = parse_image(text)
    except InputError:
        return
    shown = str(found)
    assert shown.isascii()
    assert shown.isprintable()
    assert not shown.startswith("-")
    assert ".." not in shown
    assert parse_image(shown) == found


@pytest.mark.parametrize(
    ("registry", "expected"),
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("127.0.0.2", False),
        ("[::1]:5000", True),
        ("127.0.0.1.example.org", False),
        ("localhost.example.org", False),
        ("10.0.0.1", False),
        ("", False),
        ("local host", False),
    ],
)
def test_this_machine_is_known_by_its_names(registry: str, *, expected: bool) -> None:
    assert is_loopback(registry) is expected


def test_tags_and_digests_of_others_are_checked_in_full() -> None:
    assert is_tag("v1.2.3")
    assert not is_tag("v1\n")
    assert not is_tag('v1"\n  command: x #')
    assert is_digest(DIGEST)
    assert not is_digest(DIGEST + "0")
