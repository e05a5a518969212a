"""Values in layers: which wins, and where each came from.

A layer is a whole values file, or one inline entry that sets a path. Layers are applied weakest first. Mappings merge
key by key; everything else replaces. Nulls are kept, because Helm takes them as the wish to delete a chart's default.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fairlead.domain.documents import MappingNode, Node, ScalarNode, SequenceNode
from fairlead.domain.resolving import object_entries, to_object
from fairlead.domain.valuepaths import ValuePath, format_path


class Layer(StrEnum):
    """Where values are written, weakest first; of an app, its block."""

    CHART = "chart"
    DEFAULT_VALUES_FILE = "environment.defaultValuesFile"
    DEFAULT_VALUES = "environment.defaultValues"
    VALUES_FILE = "release.valuesFile"
    VALUES = "release.values"
    LOCK_FILE = "release.lockFile"
    APP = "release.app"


LAYERS = (Layer.DEFAULT_VALUES_FILE, Layer.DEFAULT_VALUES, Layer.VALUES_FILE, Layer.VALUES, Layer.LOCK_FILE)
# KubeCD gave Helm all files and all inline values, and Helm takes the files first whatever the order of arguments.
HELM_ARGUMENT_ORDER = (
    *(Layer.DEFAULT_VALUES_FILE, Layer.VALUES_FILE, Layer.DEFAULT_VALUES),
    *(Layer.VALUES, Layer.LOCK_FILE),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written. A chart's own values may have no line."""

    source: Layer
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that nothing merges into. `mask` is what to show instead of a value that must not be shown."""

    value: str | int | float | bool | None
    origin: Origin
    mask: str | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Tree, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Branch:
    """A mapping."""

    entries: Mapping[str, Tree]
    origin: Origin


Tree = Leaf | Items | Branch


@dataclass(frozen=True, slots=True)
class Assignment:
    """One inline entry: a path and what stands there."""

    path: ValuePath
    tree: Tree


class PathBlocked(ValueError):
    """A path leads through a value that is no mapping or list; `origin` tells where that was written."""

    def __init__(self, path: ValuePath, origin: Origin) -> None:
        super().__init__(f"{format_path(path)} is already a value")
        self.path = path
        self.origin = origin


def tree_of_node(node: Node, file: str, source: Layer) -> Tree:
    """Return a values file as a tree.

    Raises:
        InputError: a scalar or key cannot be read.
    """
    origin = Origin(source, file, node.line)
    match node:
        case ScalarNode():
            return Leaf(to_object(node, file), origin)
        case SequenceNode():
            return Items(tuple(tree_of_node(item, file, source) for item in node.items), origin)
        case MappingNode():
            entries = object_entries(node, file).items()
            return Branch({key: tree_of_node(value, file, source) for key, value in entries}, origin)


def tree_of_value(value: Any, origin: Origin, mask: str | None = None) -> Tree:
    """Return a plain value as a tree of one origin."""
    if isinstance(value, Mapping):
        return Branch({key: tree_of_value(inner, origin, mask) for key, inner in value.items()}, origin)
    if isinstance(value, list | tuple):
        return Items(tuple(tree_of_value(inner, origin, mask) for inner in value), origin)
    return Leaf(value, origin, mask)


def merge(weaker: Tree, stronger: Tree) -> Tree:
    """Return both, the stronger one winning wherever they are not both mappings."""
    if not isinstance(weaker, Branch) or not isinstance(stronger, Branch):
        return stronger
    merged = dict(weaker.entries)
    for key, tree in stronger.entries.items():
        merged[key] = merge(merged[key], tree) if key in merged else tree
    return Branch(merged, stronger.origin)


def assign(tree: Branch, assignment: Assignment) -> Branch:
    """Return the tree with a value put at a path; missing mappings, lists and list items (null) are made.

    A null on the way gives way, and so does anything that stands as a list item on the way, as in Helm.

    Raises:
        PathBlocked: another value stands on the way.
    """
    assigned = _assigned(tree, assignment.path, value=assignment.tree, before=())
    assert isinstance(assigned, Branch)
    return assigned


def _assigned(tree: Tree | None, path: ValuePath, *, value: Tree, before: ValuePath) -> Tree:
    if not path:
        return value
    step, *rest = path
    here = (*before, step)
    if isinstance(tree, Leaf) and (tree.value is None or _is_replaceable(before, step)):
        tree = None
    if isinstance(step, str):
        if isinstance(tree, Items) and _is_replaceable(before, step):
            tree = None
        if tree is not None and not isinstance(tree, Branch):
            raise PathBlocked(before, tree.origin)
        entries = dict(tree.entries) if tree is not None else {}
        entries[step] = _assigned(entries.get(step), tuple(rest), value=value, before=here)
        return Branch(entries, _origin(tree, value))
    if tree is not None and not isinstance(tree, Items):
        raise PathBlocked(before, tree.origin)
    origin = _origin(tree, value)
    items: list[Tree] = list(tree.items) if tree is not None else []
    items += [Leaf(None, origin)] * (step + 1 - len(items))
    items[step] = _assigned(items[step], tuple(rest), value=value, before=here)
    return Items(tuple(items), origin)


def _is_replaceable(before: ValuePath, step: str | int) -> bool:
    return bool(before) and isinstance(before[-1], int) and isinstance(step, str)


def _origin(tree: Tree | None, value: Tree) -> Origin:
    return tree.origin if tree is not None else value.origin


def without_deleted(chart: Tree, user: Tree) -> Tree:
    """Return what a chart's templates see: the user's values over its own, which a null of the user deletes."""
    if not isinstance(chart, Branch) or not isinstance(user, Branch):
        return user
    merged = dict(chart.entries)
    for key, tree in user.entries.items():
        if key in merged and isinstance(tree, Leaf) and tree.value is None:
            del merged[key]
        else:
            merged[key] = without_deleted(merged[key], tree) if key in merged else tree
    return Branch(merged, user.origin)


def plain(tree: Tree, *, masked: bool = False) -> Any:
    """Return the values themselves; with `masked`, what must not be shown is replaced."""
    match tree:
        case Leaf():
            return tree.mask if masked and tree.mask is not None else tree.value
        case Items():
            return [plain(item, masked=masked) for item in tree.items]
        case Branch():
            return {key: plain(inner, masked=masked) for key, inner in tree.entries.items()}


def provenance(tree: Tree) -> dict[str, Origin]:
    """Return where each value came from, by its path in Helm's syntax. Empty lists and mappings count as values."""
    return {format_path(path): origin for path, origin in _origins(tree, ()) if path}


def _origins(tree: Tree, path: ValuePath) -> Iterator[tuple[ValuePath, Origin]]:
    children: Iterable[tuple[str | int, Tree]]
    match tree:
        case Leaf():
            children = ()
        case Items():
            children = enumerate(tree.items)
        case Branch():
            children = tree.entries.items()
    empty = True
    for step, inner in children:
        empty = False
        yield from _origins(inner, (*path, step))
    if empty:
        yield path, tree.origin


def find(tree: Tree, path: ValuePath) -> Tree | None:
    """Return what stands at a path of a tree, or None where the path leads nowhere."""
    found: Tree | None = tree
    for step in path:
        if isinstance(step, str) and isinstance(found, Branch):
            found = found.entries.get(step)
        elif isinstance(step, int) and isinstance(found, Items) and step < len(found.items):
            found = found.items[step]
        else:
            return None
    return found


def lookup(values: Any, path: ValuePath) -> Any:
    """Return what stands at a path of plain values, or None where the path leads nowhere."""
    for step in path:
        if isinstance(step, str) and isinstance(values, Mapping):
            values = values.get(step)
        elif isinstance(step, int) and isinstance(values, list) and step < len(values):
            values = values[step]
        else:
            return None
    return values
