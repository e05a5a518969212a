"""Logins to registries, as the files of docker, podman and helm keep them, and as pull secrets do.

    {"auths": {"https://index.docker.io/v1/": {"auth": "BASE64(user:password)"}, "reg.test": {"identitytoken": "..."}},
     "credHelpers": {"reg.test": "NAME"}, "credsStore": "NAME"}

A key names a registry, or (podman) a path in one; schemes and old API versions in it say nothing. The longest key that
covers an image counts. A helper is a program `docker-credential-NAME`; as for docker, the one of a registry comes
first, then the store of all, then what the file itself says.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.images import DOCKER_HUB, ImageName, parse_image

HUB_KEY = "https://index.docker.io/v1/"
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_API = re.compile(r"/v[12]/?$")


@dataclass(frozen=True, slots=True)
class Account:
    """A login. With `is_token` the password is an identity token, which a token service turns into tokens."""

    username: str
    password: str = field(repr=False)
    is_token: bool = False


@dataclass(frozen=True, slots=True)
class Helper:
    """The program that knows the login: `docker-credential-` and this name. `server` is what to ask it for."""

    name: str
    server: str


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """One such file, its keys normalised to `HOST[:PORT][/PATH]`."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    helpers: Mapping[str, str] = field(default_factory=dict)
    store: str | None = None

    def login(self, image: ImageName) -> Account | Helper | None:
        """Return the login that is meant for an image, or who knows it; None where there is none."""
        server = HUB_KEY if image.registry == DOCKER_HUB else image.registry
        name = self.helpers.get(image.registry) or self.store
        if name is not None:
            return Helper(name, server)
        path = f"{image}/"
        covering = [key for key in self.accounts if path.startswith(f"{key}/")]
        return self.accounts[max(covering, key=len)] if covering else None


def read_docker_config(text: bytes, file: str) -> DockerConfig:
    """Read such a file; entries without a login are left out, and so is what docker keeps in it besides.

    Raises:
        InputError: `dockerConfigInvalid`.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise _invalid(file, "it is no JSON object")
    accounts = {key: found for key, entry in _entries(content, "auths", file) if (found := _account(entry, key, file))}
    helpers = {key: _helper(name, file) for key, name in _entries(content, "credHelpers", file) if name}
    store = content.get("credsStore")
    return DockerConfig(accounts, helpers, _helper(store, file) if store else None)


def _entries(content: Mapping[str, Any], name: str, file: str) -> list[tuple[str, Any]]:
    entries = content.get(name) or {}
    if not isinstance(entries, dict):
        raise _invalid(file, f"{name}: expected a mapping of registries")
    return [(_key(str(key)), value) for key, value in entries.items()]


def _key(written: str) -> str:
    place = _API.sub("", written.partition("://")[2] or written).rstrip("/")
    host, slash, path = place.partition("/")
    try:  # as images are normalised, so that both meet: aliases of Docker Hub, the port of https, capital letters
        registry = parse_image(f"{host}/a/a").name.registry if "." in host or ":" in host else host.lower()
    except InputError:
        registry = host
    return f"{registry}{slash}{path}"


def _account(entry: Any, key: str, file: str) -> Account | None:
    """Return the login that stands in an entry; None when a helper knows it."""
    if not isinstance(entry, dict):
        raise _invalid(file, f"auths {key}: expected a mapping")
    username, password = _text(entry.get("username")), _text(entry.get("password"))
    if auth := _text(entry.get("auth")):
        try:
            # Some writers pad the password with zero bytes.
            decoded = base64.b64decode(auth, validate=True).decode().rstrip("\0")
        except ValueError:
            decoded = ""
        username, colon, password = decoded.partition(":")
        if not colon:
            raise _invalid(file, f"auths {key}: found an `auth` that is not base64 of user:password")
    if token := _text(entry.get("identitytoken")):
        return Account(username, token, is_token=True)
    return Account(username, password) if username and password else None


def _helper(name: Any, file: str) -> str:
    if not isinstance(name, str) or not _HELPER.fullmatch(name):
        raise _invalid(file, f"found the credential helper {name!r}, expected the end of a program's name")
    return name


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _invalid(file: str, message: str) -> InputError:
    remedy = "correct the file, or log in again with `docker login`"
    return InputError(Problem("dockerConfigInvalid", message, file, remedy=remedy))
