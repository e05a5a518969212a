"""Bodies with something else in one place, and what they announce."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from fairlead.domain.images import is_digest, is_tag, parse_image
from fairlead.domain.moments import rfc3339
from fairlead.domain.webhooks.deliveries import Announcement, BranchPushed, ImagePushed
from fairlead.domain.webhooks.payload import COMMIT, Payload
from fairlead.domain.webhooks.providers import PROVIDERS
from tests.domain.webhooks.shapes import SHAPES


def replaced(body: Any, path: tuple[str, ...], value: Any) -> Any:
    body = copy.deepcopy(body)
    *above, last = path
    found = body
    for step in above:
        found = found[int(step) if isinstance(found, list) else step]
    found[int(last) if isinstance(found, list) else last] = value
    return body


def announced(provider: str, body: Any, **headers: str) -> tuple[Announcement, ...]:
    usual = SHAPES[provider][0]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return tuple(PROVIDERS[provider].parse(Payload(body), {**usual, **named}))


def places(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """All places of a body, as `replaced` takes them."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*path, str(key))
        yield from places(below, (*path, str(key)))


def assert_sound(announcement: Announcement) -> None:
    match announcement:
        case ImagePushed(image=image, tag=tag, digest=digest, time=time):
            assert parse_image(f"{image}:{tag}").name == image
            assert is_tag(tag)
            assert digest is None or is_digest(digest)
            assert time is None or (time.tzinfo is not None and rfc3339(time))
        case BranchPushed(repository=repository, branch=branch, commit=commit, addresses=addresses):
            assert COMMIT.fullmatch(commit)
            assert all(text.isprintable() for text in (repository, branch, *addresses))
