"""How a receiver knows that a delivery is from whom it says: by a signature over the body, or by a shared token.

Every comparison takes the same time wherever the texts differ. Without a secret nothing is authentic.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Check(Protocol):
    """A check under way, fed with the body as it arrives."""

    def update(self, chunk: bytes) -> None:
        """Take the next piece of the body."""
        ...

    def is_authentic(self) -> bool:
        """Tell whether the whole body is from the holder of the secret."""
        ...


@dataclass(frozen=True, slots=True)
class Signature:
    """HMAC-SHA256 of the body as hexadecimal digits, in a header, after a prefix."""

    header: str
    prefix: str = ""

    def begin(self, headers: Mapping[str, str], path_token: str | None, secret: str) -> Check | None:
        """Return the check, or None when the delivery is refused without reading its body."""
        given = headers.get(self.header, "")
        if path_token is not None or not secret or not given.startswith(self.prefix):
            return None
        return _Signed(hmac.new(secret.encode(), digestmod=hashlib.sha256), given.removeprefix(self.prefix))


@dataclass(frozen=True, slots=True)
class Token:
    """The secret itself, in a header, after a prefix such as `Bearer `."""

    header: str
    prefix: str = ""

    def begin(self, headers: Mapping[str, str], path_token: str | None, secret: str) -> Check | None:
        """Return the check, or None when the delivery is refused without reading its body."""
        given = headers.get(self.header, "")
        if path_token is not None or not given.startswith(self.prefix):
            return None
        return _passed(given.removeprefix(self.prefix), secret)


@dataclass(frozen=True, slots=True)
class BasicPassword:
    """The secret as the password of basic authentication, with any user name."""

    def begin(self, headers: Mapping[str, str], path_token: str | None, secret: str) -> Check | None:
        """Return the check, or None when the delivery is refused without reading its body."""
        scheme, _, encoded = headers.get("authorization", "").partition(" ")
        if path_token is not None or scheme.lower() != "basic":
            return None
        try:
            _, _, password = b64decode(encoded, validate=True).decode().partition(":")
        except (NotBase64, UnicodeDecodeError, ValueError):
            return None
        return _passed(password, secret)


@dataclass(frozen=True, slots=True)
class PathToken:
    """The secret as the last part of the address: for senders that can set nothing but an address."""

    def begin(self, headers: Mapping[str, str], path_token: str | None, secret: str) -> Check | None:
        """Return the check, or None when the delivery is refused without reading its body."""
        del headers
        return None if path_token is None else _passed(path_token, secret)


Scheme = Signature | Token | BasicPassword | PathToken


@dataclass(frozen=True, slots=True)
class _Passed:
    def update(self, chunk: bytes) -> None:
        """Take nothing: what was passed said it all."""

    def is_authentic(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class _Signed:
    digest: hmac.HMAC
    given: str

    def update(self, chunk: bytes) -> None:
        self.digest.update(chunk)

    def is_authentic(self) -> bool:
        return hmac.compare_digest(self.digest.hexdigest().encode(), self.given.lower().encode())


def _passed(given: str, secret: str) -> Check | None:
    same = hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode("utf-8", "surrogateescape"))
    return _Passed() if secret and same else None
