"""From nodes with source text to plain values, as Helm and kubectl read them."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from fairlead.domain.documents import MappingNode, Node, ScalarNode, SequenceNode
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.scalars import NotFinite, Scalar, resolve_key, resolve_plain


class Unreadable(ValueError):
    """A scalar that cannot be what it says; the text tells why."""


def scalar_value(text: str, tag: str | None, *, plain: bool) -> Scalar:
    """Return what a scalar means. `tag` is an explicit core tag by its short name.

    Raises:
        Unreadable: the text does not fit the tag, or is not a finite number.
    """
    if tag is None and not plain:
        return text
    try:
        value = resolve_plain(text) if tag is None or tag in _READ_AS else text
    except NotFinite:
        raise Unreadable(f"found {text}, which JSON and so Kubernetes cannot hold") from None
    if tag == "binary":
        return _from_base64(text)
    if tag in _READ_AS and not isinstance(value, _READ_AS[tag]):
        raise Unreadable(f"found {text!r}, which is not a !!{tag}")
    return value


_READ_AS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}


def key_text(text: str, tag: str | None, *, plain: bool) -> str:
    """Return a scalar that stands as a mapping key in the text form that JSON needs.

    Raises:
        Unreadable: it is nothing, not a finite number, or does not fit its tag.
    """
    if tag in _READ_AS:
        scalar_value(text, tag, plain=plain)
    elif tag is not None or not plain:
        return text
    try:
        key = resolve_key(text)
    except NotFinite:
        key = None
    if key is None:
        raise Unreadable(f"found {text or 'nothing'} as a key; a key must be a text")
    return key


def is_null(node: Node) -> bool:
    """Tell whether a node stands for nothing: an empty plain scalar, `~` or `null`."""
    return isinstance(node, ScalarNode) and node.plain and node.tag is None and node.text in _NULLS


_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


def to_object(node: Node, file: str) -> Any:
    """Return the plain value of a node.

    Raises:
        InputError: a scalar cannot be read, or two keys become one (`1` and `"1"`).
    """
    match node:
        case ScalarNode():
            try:
                return scalar_value(node.text, node.tag, plain=node.plain)
            except Unreadable as error:
                raise InputError(_at(node, file, str(error))) from None
        case SequenceNode():
            return [to_object(item, file) for item in node.items]
        case MappingNode():
            return {key: to_object(value, file) for key, value in object_entries(node, file).items()}


def object_entries(node: MappingNode, file: str) -> dict[str, Node]:
    """Return the values of a mapping by the keys that they have in the plain value.

    Raises:
        InputError: a key cannot be a text, or two keys become one.
    """
    entries: dict[str, Node] = {}
    for key, value in node.entries:
        try:
            text = key_text(key.text, key.tag, plain=key.plain)
        except Unreadable as error:
            raise InputError(_at(key, file, str(error))) from None
        if text in entries:
            message = f"the key {key.text!r} means {text!r}, which stands here a second time"
            raise InputError(Problem("duplicateKey", message, file, key.line, key.column, remedy="keep one of them"))
        entries[text] = value
    return entries


def _at(node: ScalarNode, file: str, message: str) -> Problem:
    return Problem("invalidScalar", message, file, node.line, node.column, remedy="write it in quotes")


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Unreadable("the !!binary value is not base64 of a UTF-8 text") from None
