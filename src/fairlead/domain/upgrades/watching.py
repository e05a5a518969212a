"""Which image an image trigger is about: found among a release's values."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.errors import InputError
from fairlead.domain.images import ImageName, ImageReference, is_digest, is_tag, parse_image
from fairlead.domain.upgrades.triggers import PREFIX, ImageTrigger
from fairlead.domain.upgrades.updates import Holds, Standing
from fairlead.domain.valuepaths import parse_path
from fairlead.domain.values import Leaf, Tree, find

_EXACT = 10**6  # below it, an integer reads in Helm's templates as it was written


@dataclass(frozen=True, slots=True)
class Watched:
    """An image that a release runs now, and where that is written."""

    image: ImageName
    tag: str
    digest: str | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A trigger whose image cannot be told. `code` is stable, in camelCase."""

    code: str
    reason: str


class _Unclear(Exception):
    """Carries an `Unwatched` out."""

    def __init__(self, code: str, reason: str) -> None:
        self.unwatched = Unwatched(code, reason)


def watched_image(trigger: ImageTrigger, values: Tree) -> Watched | Unwatched:
    """Return the image of a trigger.

    The tag stands at `tagValue`, the repository at `repoValue`. One value may hold both: that at `repoValue` when
    nothing stands at `tagValue`, or that at `tagValue` when it is more than a tag.
    """
    try:
        return _watched(trigger, values)
    except _Unclear as unclear:
        return unclear.unwatched
    except InputError as error:
        return Unwatched(error.code, str(error))


def may_be_prefixed(trigger: ImageTrigger, values: Tree) -> bool:
    """Tell whether a prefix that is not among these values would change the image; a chart may still hold one."""
    if _text(values, trigger.repo_prefix_value) is not None:
        return False
    held = _text(values, trigger.tag_value), _text(values, trigger.repo_value)
    repository = next((text for text, _ in filter(None, held) if _is_more_than_tag(text)), held[1] and held[1][0])
    return repository is None or _takes_prefix(trigger, repository)


def _watched(trigger: ImageTrigger, values: Tree) -> Watched:
    repository, tag = _text(values, trigger.repo_value), _text(values, trigger.tag_value)
    if tag is not None and _is_more_than_tag(tag[0]):
        return _whole(trigger, values, trigger.tag_value, tag)
    if repository is None:
        raise _Unclear("imageMissing", f"no value at {trigger.repo_value!r} names an image")
    if tag is None:
        return _whole(trigger, values, trigger.repo_value, repository)
    reference = parse_image(_prefixed(trigger, values, repository[0]))
    if reference.tag is not None or reference.digest is not None:
        message = f"{trigger.repo_value!r} holds a tag or digest, and {trigger.tag_value!r} another one"
        raise _Unclear("tagTwice", message)
    text, leaf = tag
    name, at, digest = text.partition("@")
    if not is_tag(name) or (at and not is_digest(digest)):
        raise _Unclear("tagInvalid", f"found {text!r} at {trigger.tag_value!r}, which is no tag")
    return Watched(reference.name, name, digest or None, _standing(trigger.tag_value, Holds.TAG, text, leaf))


def _whole(trigger: ImageTrigger, values: Tree, key: str, found: tuple[str, Leaf]) -> Watched:
    """Return the image of a value that holds the whole reference."""
    text, leaf = found
    reference: ImageReference = parse_image(_prefixed(trigger, values, text))
    if reference.tag is None:
        raise _Unclear("tagMissing", f"neither {trigger.tag_value!r} nor {key!r} holds a tag")
    standing = _standing(key, Holds.REFERENCE, text, leaf)
    return Watched(reference.name, reference.tag, reference.digest, standing)


def _standing(key: str, holds: Holds, text: str, leaf: Leaf) -> Standing:
    return Standing(key, holds, text, leaf.origin.source, leaf.origin.file)


def _prefixed(trigger: ImageTrigger, values: Tree, repository: str) -> str:
    prefix = _text(values, trigger.repo_prefix_value)
    return repository if prefix is None or not _takes_prefix(trigger, repository) else prefix[0] + repository


def _takes_prefix(trigger: ImageTrigger, repository: str) -> bool:
    """An environment's default is meant for its own charts; others name their registry. Who names a path means it."""
    first, slash, _ = repository.partition("/")
    names_registry = bool(slash) and (first == "localhost" or "." in first or ":" in first)
    return trigger.repo_prefix_value != PREFIX or not names_registry


def _is_more_than_tag(text: str) -> bool:
    name = text.partition("@")[0]
    return ":" in name or "/" in name


def _text(values: Tree, key: str) -> tuple[str, Leaf] | None:
    """Return the text at a path, None where there is nothing to read."""
    leaf = find(values, parse_path(key))
    if not isinstance(leaf, Leaf) or leaf.value is None or leaf.value == "":
        return None
    if leaf.mask is not None:
        raise _Unclear("valueHidden", f"the value at {key!r} comes from a secret or variable, which is not declared")
    if isinstance(leaf.value, str):
        return leaf.value, leaf
    if isinstance(leaf.value, bool) or abs(leaf.value) >= _EXACT:
        raise _Unclear("valueNotText", f"found {leaf.value!r} at {key!r}, which is no text; put it in quotes")
    return str(leaf.value), leaf
