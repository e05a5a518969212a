"""Images by name: one identity for every spelling.

The grammar is that of the distribution project (`reference/regexp.go`); short names mean Docker Hub, as for `docker`:

    nginx, library/nginx, docker.io/nginx, index.docker.io/library/nginx    ->  docker.io/library/nginx
    Registry.Example.org:443/shop/api                                       ->  registry.example.org/shop/api
    localhost:5000/shop                                                     ->  localhost:5000/shop

What precedes the first slash is a registry when it holds a dot or a colon, or is `localhost`. Everything is
matched in full and in ASCII, so that no name can carry an address, an option, a line break or a control character on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairlead.domain.errors import InputError, Problem

DOCKER_HUB = "docker.io"
_HUB_ALIASES = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
_MAX_NAME = 255
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]{{2,39}}\])(?::(?P<port>[1-9][0-9]{{0,4}}))?")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_IMAGE_ID = re.compile(r"[0-9a-f]{64}")  # docker takes such a word for the id of a local image
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True, order=True)
class ImageName:
    """An image without tag or digest. Made by `parse_image`, so that equal images are equal values.

    `registry` is the host in lower case with its port, if that is a special one; `repository` is the path in it.
    """

    registry: str
    repository: str

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}"


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image, and which of its versions: a tag, a digest, both, or neither."""

    name: ImageName
    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}{f'@{self.digest}' if self.digest else ''}"


def parse_image(text: str) -> ImageReference:
    """Read `[REGISTRY/]REPOSITORY[:TAG][@DIGEST]`.

    Raises:
        InputError: `imageInvalid`, naming the part that is wrong.
    """
    rest, at, digest = text.partition("@")
    if at and not is_digest(digest):
        raise _invalid(text, f"found the digest {digest!r}, expected sha256: and 64 digits or letters a-f")
    path, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:  # no tag: the last colon belongs to a port, or there is none
        path, tag = rest, ""
    elif not is_tag(tag):
        raise _invalid(text, f"found the tag {tag!r}, expected up to 128 letters, digits, `_`, `.` and `-`")
    return ImageReference(_name(path, text), tag or None, digest or None)


def is_tag(text: str) -> bool:
    """Tell whether a text can be a tag; registries are not trusted to send nothing else."""
    return _TAG.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Tell whether a text is a digest: `sha256:` or `sha512:` and hexadecimal digits in lower case."""
    return _DIGEST.fullmatch(text) is not None


def is_loopback(registry: str) -> bool:
    """Tell whether a registry lies on this machine, by its name alone; only there plain HTTP is spoken."""
    found = _HOST.fullmatch(registry)
    return found is not None and found["host"] in _LOOPBACK


def _name(path: str, text: str) -> ImageName:
    first, slash, below = path.partition("/")
    if slash and (first == "localhost" or "." in first or ":" in first):
        registry, repository = _registry(first, text), below
    else:
        registry, repository = DOCKER_HUB, path
    if not _REPOSITORY.fullmatch(repository):
        raise _invalid(text, f"found the repository {repository!r}, expected lower case letters, digits, `.`, `_`, `-`")
    if registry == DOCKER_HUB and "/" not in repository:
        if _IMAGE_ID.fullmatch(repository):
            raise _invalid(text, "found 64 hexadecimal digits, which is the id of an image and not its name")
        repository = f"library/{repository}"
    if len(registry) + 1 + len(repository) > _MAX_NAME:
        raise _invalid(f"{text[:40]}...", f"found a name longer than {_MAX_NAME} characters")
    return ImageName(registry, repository)


def _registry(written: str, text: str) -> str:
    found = _HOST.fullmatch(written)
    if found is None or int(found["port"] or 1) > 65535:
        raise _invalid(text, f"found the registry {written!r}, expected HOST or HOST:PORT")
    host = found["host"].lower()
    if host in _HUB_ALIASES and found["port"] in (None, "443"):
        return DOCKER_HUB
    # 443 is what https means. It stays on this machine, where plain HTTP is spoken, and where only the colon tells that
    # this is a registry.
    usual = found["port"] is None or (found["port"] == "443" and "." in host and not is_loopback(host))
    return host if usual else f"{host}:{found['port']}"


def _invalid(text: str, message: str) -> InputError:
    remedy = "write [REGISTRY/]REPOSITORY[:TAG][@DIGEST], such as registry.example.org/shop/api:1.2.3"
    return InputError(Problem("imageInvalid", f"{text!r} is no image: {message}", remedy=remedy))
