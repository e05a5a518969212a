"""Reads the file of a descriptor, so that each mistake is named with its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.declaring.apps.json_nodes import json_node
from fairlead.domain.declaring.apps.reading import Defaults, read_written
from fairlead.domain.documents import MappingNode, Node, ScalarNode
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.resolving import is_null
from fairlead.doors.json import read_json
from fairlead.doors.paths import Paths
from fairlead.doors.yaml import read_document

_FIELDS = "write one as a mapping with appName, newVersion and podspec"


@dataclass(frozen=True, slots=True)
class Written:
    """A descriptor as it was written. `file` is what people call the file."""

    file: str
    node: Node

    @property
    def namespace(self) -> str | None:
        """The namespace that it names, None where its surroundings do."""
        return _texts(self.node).get("namespace")

    def descriptor(self) -> Descriptor:
        """Return what it means; where it names no namespace, its surroundings have to.

        Raises:
            InputError: with every mistake.
        """
        found = read_written(self.node, self.file, Defaults())
        if isinstance(found, Descriptor):
            return found
        raise InputError(found)


def read_file(directory: Path, file: Path) -> Written:
    """Read the file of a descriptor, in YAML or JSON.

    Raises:
        InputError: it cannot be read, or is no single mapping that could be a descriptor.
    """
    paths = Paths.of(directory / file)
    content, name = paths.read(paths.relative(directory / file)), str(file)
    root, problems = _nodes(content, name)
    if root is None or is_null(root):
        raise InputError(Problem("descriptorInvalid", "the file is empty, expected a descriptor", name, remedy=_FIELDS))
    if isinstance(root, MappingNode):
        _require_descriptor(root, name)
        # As in JSON, null at the top counts as not written.
        root = MappingNode(tuple(one for one in root.entries if not is_null(one[1])), root.line, root.column)
    if problems:
        raise InputError(problems)
    return Written(name, root)


def _nodes(content: bytes, name: str) -> tuple[Node | None, tuple[Problem, ...]]:
    try:
        document = read_document(content, name)
    except InputError:
        # JSON may hold texts that YAML spells in another way: then it is read without lines.
        as_json = read_json(content.decode(errors="replace"), name)
        if as_json is None:
            raise
        return json_node(as_json), ()
    return document.root, document.problems


def _require_descriptor(root: MappingNode, name: str) -> None:
    """Refuse what is something else, by name."""
    keys, texts = {key.text for key, _ in root.entries}, _texts(root)
    if {"apiVersion", "kind"} <= keys:
        message = f"found a Kubernetes {texts.get('kind', 'object')}, expected a descriptor"
        remedy = "write its pod's spec under podspec, beside appName and newVersion"
    elif "releases" in keys:
        message = "found a file of releases, expected one descriptor"
        remedy = "deploy an app of it with `fairlead deploy --release NAME -e ENV`, or all with `fairlead apply ENV`"
    else:
        return
    raise InputError(Problem("descriptorInvalid", message, name, root.line, root.column, remedy=remedy))


def _texts(node: Node) -> dict[str, str]:
    """Return the fields of a mapping that hold texts."""
    entries = node.entries if isinstance(node, MappingNode) else ()
    return {key.text: value.text for key, value in entries if isinstance(value, ScalarNode) and not is_null(value)}
