"""What was chosen for a release and is kept in a lock file, so that nothing that people wrote is changed.

    chosen:
      - {environment: test, release: shop, key: image.tag, declared: 1.4.2, value: 1.4.3}

An entry is the answer to what was declared then. Once people declare something else it counts no more, so a tag that is
set by hand always wins.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.domain.valuepaths import parse_path
from fairlead.domain.values import Assignment, Branch, Layer, Leaf, Origin, PathBlocked, Tree, assign, find

SUFFIX = ".lock"
HEADER = """\
# Written by Fairlead for releases with `lockFile: true`. An entry counts while its value is declared as it says.
chosen:
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The text that stands at `key` instead of the `declared` one; None where only the chart itself has one."""

    key: str
    declared: str | None
    value: str
    file: str
    line: int


def with_chosen(tree: Branch, chosen: Iterable[Chosen]) -> Branch:
    """Return values with what was chosen for them as they are declared; of one value the last choice counts."""
    latest = {parse_path(one.key): one for one in chosen}
    for path, one in latest.items():
        if not _is_declared(find(tree, path), one.declared):
            continue
        leaf = Leaf(one.value, Origin(Layer.LOCK_FILE, one.file, one.line))
        try:
            tree = assign(tree, Assignment(path, leaf))
        except PathBlocked:  # something else is declared by now where the path would lead
            continue
    return tree


def _is_declared(tree: Tree | None, text: str | None) -> bool:
    """Tell whether this text stands there, as triggers read it; None for nothing at all."""
    if tree is None or (isinstance(tree, Leaf) and tree.value in (None, "")):
        return text is None
    return isinstance(tree, Leaf) and tree.mask is None and str(tree.value) == text


def lock_file_of(file: str) -> str:
    """Return the lock file of a release file: `apps.lock.yaml` for `apps.yaml`."""
    stem, extension = posixpath.splitext(file)
    return f"{stem}{SUFFIX}{extension}"
