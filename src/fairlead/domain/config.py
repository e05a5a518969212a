"""What people declare: clusters, environments, releases, values, triggers. The one model behind both file forms.

Everything here is already checked: names are unique, references resolve, paths lie where they may.
A `Place` leads from each declared thing back to the line that declared it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.providers import Provider
from fairlead.domain.pull_secrets import PullSecrets
from fairlead.domain.records import KEPT
from fairlead.domain.upgrades.chosen import Chosen
from fairlead.domain.upgrades.proposals import Proposals
from fairlead.domain.upgrades.triggers import Trigger


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was declared. `file` is relative to the repository root; line and column count from 1."""

    file: str
    line: int
    column: int
    path: str = ""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kubernetes API endpoint, reached through one provider."""

    name: str
    provider: Provider
    parameters: Mapping[str, str]
    place: Place


class Crds(StrEnum):
    """What becomes of the definitions in a chart's `crds/`: created when missing, also kept up to date, or left out."""

    INSTALL = "install"
    REPLACE = "replace"
    SKIP = "skip"


class ValueType(StrEnum):
    """What a typed `value` is turned into; `string` keeps the source text."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written down, already converted to its declared type."""

    value: Any


@dataclass(frozen=True, slots=True)
class GceAddress:
    """An address reserved in Google Compute Engine, looked up with the `gcloud` program."""

    name: str
    is_global: bool = False


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A key of an existing Kubernetes Secret in the environment's namespace. Its value is never shown."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class EnvRef:
    """A variable of Fairlead's own environment. Its value is never shown."""

    name: str


ValueSource = Literal | GceAddress | SecretRef | EnvRef


@dataclass(frozen=True, slots=True)
class ValueEntry:
    """One `{key, value | valueFrom}` item. `key` is Helm's path syntax, as written."""

    key: str
    source: ValueSource
    place: Place


@dataclass(frozen=True, slots=True)
class ChartDir:
    """A chart in a directory of the repository; `path` is relative to the repository root."""

    path: str


@dataclass(frozen=True, slots=True)
class ChartReference:
    """A chart of a declared Helm repository, `REPO/CHART` at a version."""

    reference: str
    version: str


@dataclass(frozen=True, slots=True)
class ChartOci:
    """A chart in an OCI registry, `oci://HOST/PATH` at a version."""

    reference: str
    version: str


@dataclass(frozen=True, slots=True)
class ManifestFiles:
    """Plain manifests: files in the order to read them, relative to the repository root (globs already expanded)."""

    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kustomization:
    """A kustomization directory, relative to the repository root."""

    path: str


@dataclass(frozen=True, slots=True)
class App:
    """An app that is deployed blue-green."""

    descriptor: Descriptor


ReleaseSource = ChartDir | ChartReference | ChartOci | ManifestFiles | Kustomization | App
Chart = ChartDir | ChartReference | ChartOci


@dataclass(frozen=True, slots=True)
class IgnoreFields:
    """Fields of matching objects that the release declares but leaves to others. `name` None matches all."""

    kind: str
    name: str | None
    paths: tuple[str, ...]


class PatchType(StrEnum):
    """How a patch is written."""

    STRATEGIC = "strategic"
    JSON6902 = "json6902"


@dataclass(frozen=True, slots=True)
class Patch:
    """A change to rendered objects. None in `kind` or `name` matches all; `patch` is a mapping or operations."""

    kind: str | None
    name: str | None
    type: PatchType
    patch: Any
    place: Place


@dataclass(frozen=True, slots=True)
class Release:
    """One deployable thing. `namespace` None means the environment's; `timeout_seconds` bounds the health wait.

    `chosen` stands in `lock_file`, and wins over all values while what is declared is what it was chosen for.
    """

    name: str
    source: ReleaseSource
    place: Place
    values_file: str | None = None
    values: tuple[ValueEntry, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    skip_default_values: bool = False
    depends_on: tuple[str, ...] = ()
    namespace: str | None = None
    timeout_seconds: float = 300.0
    wait: bool = True
    prune: bool = True
    ignore_fields: tuple[IgnoreFields, ...] = ()
    patches: tuple[Patch, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    crds: Crds = Crds.INSTALL
    lock_file: str | None = None
    chosen: tuple[Chosen, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """A name for where things run, with what runs there and its defaults.

    `history_max` is how many deployments of each release are remembered, at least 2.
    """

    name: str
    cluster: str
    namespace: str
    place: Place
    releases: tuple[Release, ...] = ()
    default_values_file: str | None = None
    default_values: tuple[ValueEntry, ...] = ()
    create_namespace: bool = False
    history_max: int = KEPT
    pull_secrets: PullSecrets = field(default_factory=PullSecrets)


@dataclass(frozen=True, slots=True)
class HelmRepo:
    """A Helm chart repository. The TLS files name the operator's machine and may lie outside the repository."""

    name: str
    url: str
    place: Place
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    username: str | None = None
    password_from: EnvRef | None = None


@dataclass(frozen=True, slots=True)
class Compat:
    """Behaviour of KubeCD that people may ask to keep."""

    helm_argument_order: bool = False
    declared_order: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """Everything that one environments file declares. `file` is that file, relative to the repository root."""

    file: str
    clusters: tuple[Cluster, ...]
    environments: tuple[Environment, ...]
    helm_repos: tuple[HelmRepo, ...]
    compat: Compat
    proposals: Proposals = field(default_factory=Proposals)

    def cluster(self, name: str) -> Cluster:
        """Return a declared cluster; loading has made sure that it exists."""
        return next(cluster for cluster in self.clusters if cluster.name == name)
