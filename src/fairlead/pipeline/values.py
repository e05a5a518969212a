"""The effective values of a release: what is written in four places, and what `valueFrom` leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.config import Declaration, EnvRef, GceAddress, Literal, Place, SecretRef, ValueEntry
from fairlead.domain.documents import MappingNode
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.providers import Gke
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.chosen import with_chosen
from fairlead.domain.valuepaths import parse_path
from fairlead.domain.values import (
    HELM_ARGUMENT_ORDER,
    LAYERS,
    Assignment,
    Branch,
    Layer,
    Leaf,
    Origin,
    PathBlocked,
    Tree,
    assign,
    merge,
    plain,
    provenance,
    tree_of_node,
    tree_of_value,
    without_deleted,
)
from fairlead.doors.paths import Paths
from fairlead.doors.yaml import read_values_document
from fairlead.ports.valuesource import AddressSource, SecretSource


@dataclass(frozen=True, slots=True)
class Sources:
    """What `valueFrom` may ask. Where a source is None its values are placeholders, such as `(secret NAME/KEY)`."""

    environ: Mapping[str, str] | None = field(default=None, repr=False)
    secrets: SecretSource | None = None
    addresses: AddressSource | None = None


@dataclass(frozen=True, slots=True)
class Values:
    """A release's values. `tree` may hold secrets in clear; `shown` never does."""

    tree: Branch = field(repr=False)

    @property
    def clear(self) -> dict[str, Any]:
        """What the renderer gets."""
        values: dict[str, Any] = plain(self.tree)
        return values

    @property
    def shown(self) -> dict[str, Any]:
        """What people may see."""
        values: dict[str, Any] = plain(self.tree, masked=True)
        return values

    @property
    def provenance(self) -> dict[str, Origin]:
        """Where each value came from, by its path."""
        return provenance(self.tree)

    @property
    def secrets(self) -> dict[str, str]:
        """The secret texts, each with what to show instead."""
        return dict(_secrets(self.tree))

    def over_chart(self, defaults: Tree) -> Values:
        """Return what the chart's templates see: these values over the chart's own."""
        tree = without_deleted(defaults, self.tree)
        return Values(tree) if isinstance(tree, Branch) else self


def chart_defaults(values: Mapping[str, Any], file: str) -> Tree:
    """Return a chart's own values, which are known without their lines."""
    return tree_of_value(values, Origin(Layer.CHART, file, None))


@dataclass(frozen=True, slots=True)
class ValuesFiles:
    """The values files of a run. Each is read once, since an environment's file counts for all of its releases."""

    paths: Paths
    _documents: dict[str, MappingNode] = field(default_factory=dict, repr=False)

    def tree(self, file: str, layer: Layer) -> Tree:
        """Return a file, given relative to the root, as a tree.

        Raises:
            InputError: it cannot be read.
        """
        if file not in self._documents:
            self._documents[file] = read_values_document(self.paths.read(file), file)
        return tree_of_node(self._documents[file], file, layer)


async def effective_values(declaration: Declaration, target: Target, files: ValuesFiles, sources: Sources) -> Values:
    """Return the values that a chart release is rendered with, the chart's own values not among them.

    Raises:
        InputError: a values file is broken, a variable or Secret is missing, two values contradict each other.
        OperationFailed: an address could not be looked up.
    """
    reading = _Reading(declaration, target, files, sources)
    order = HELM_ARGUMENT_ORDER if declaration.compat.helm_argument_order else LAYERS
    tree = Branch({}, Origin(Layer.CHART, None, None))
    for layer in order:
        tree = await reading.apply(tree, layer)
    return Values(tree)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The layers of one release."""

    declaration: Declaration
    target: Target
    files: ValuesFiles
    sources: Sources

    async def apply(self, tree: Branch, layer: Layer) -> Branch:
        """Return the tree with a layer put over it."""
        environment, release = self.target.environment, self.target.release
        defaults = not release.skip_default_values
        match layer:
            case Layer.DEFAULT_VALUES_FILE:
                return self._file(tree, environment.default_values_file if defaults else None, layer)
            case Layer.VALUES_FILE:
                return self._file(tree, release.values_file, layer)
            case Layer.DEFAULT_VALUES:
                return await self._entries(tree, environment.default_values if defaults else (), layer)
            case Layer.LOCK_FILE:
                return with_chosen(tree, release.chosen)
            case _:
                return await self._entries(tree, release.values, layer)

    def _file(self, tree: Branch, file: str | None, layer: Layer) -> Branch:
        if file is None:
            return tree
        merged = merge(tree, self.files.tree(file, layer))
        assert isinstance(merged, Branch)
        return merged

    async def _entries(self, tree: Branch, entries: tuple[ValueEntry, ...], layer: Layer) -> Branch:
        for entry in entries:
            try:
                tree = assign(tree, Assignment(parse_path(entry.key), await self._tree(entry, layer)))
            except PathBlocked as blocked:
                raise InputError(_blocked(entry, blocked)) from None
        return tree

    async def _tree(self, entry: ValueEntry, layer: Layer) -> Tree:
        origin = Origin(layer, entry.place.file, entry.place.line)
        match entry.source:
            case Literal(value=value):
                return tree_of_value(value, origin)
            case GceAddress():
                return Leaf(await self._address(entry.source), origin)
            case SecretRef():
                mask = f"(secret {entry.source.name}/{entry.source.key})"
                return Leaf(await self._secret(entry.source, mask, entry.place), origin, mask)
            case EnvRef():
                mask = f"(secret env/{entry.source.name})"
                return Leaf(self._variable(entry.source, mask, entry.place), origin, mask)

    async def _address(self, address: GceAddress) -> str:
        provider = self.declaration.cluster(self.target.environment.cluster).provider
        if self.sources.addresses is None or not isinstance(provider, Gke):
            return f"(address {address.name})"
        return await self.sources.addresses.address(address, provider)

    async def _secret(self, ref: SecretRef, mask: str, place: Place) -> str:
        if self.sources.secrets is None:
            return mask
        try:
            return await self.sources.secrets.secret(self.target.environment.namespace, ref)
        except InputError as error:
            raise InputError(
                problem.at(file=place.file, line=place.line, column=place.column) for problem in error.problems
            ) from None

    def _variable(self, ref: EnvRef, mask: str, place: Place) -> str:
        if self.sources.environ is None:
            return mask
        if ref.name not in self.sources.environ:
            raise InputError(
                Problem(
                    "variableNotSet",
                    f"the environment variable {ref.name} is not set",
                    place.file,
                    place.line,
                    place.column,
                    place.path,
                    remedy="set it for this run, or take the value from elsewhere",
                )
            )
        return self.sources.environ[ref.name]


def _blocked(entry: ValueEntry, blocked: PathBlocked) -> Problem:
    where = f"{blocked.origin.file}:{blocked.origin.line}"
    return Problem(
        "valueBlocked",
        f"cannot set {entry.key!r}: {blocked}, written at {where}",
        entry.place.file,
        entry.place.line,
        entry.place.column,
        entry.place.path,
        remedy="correct one of the two, so that the path leads through mappings and lists only",
    )


def _secrets(tree: Tree) -> list[tuple[str, str]]:
    match tree:
        case Leaf():
            return [(str(tree.value), tree.mask)] if tree.mask is not None and tree.value != tree.mask else []
        case Branch():
            return [pair for inner in tree.entries.values() for pair in _secrets(inner)]
        case _:
            return [pair for inner in tree.items for pair in _secrets(inner)]
