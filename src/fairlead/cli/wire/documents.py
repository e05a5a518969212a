"""What `--output json` prints: one type per `kind`, and the JSON schema made from the same types.

These types are a contract with other people's scripts and stand apart from the domain: fields are added, never
renamed or removed. Times are RFC 3339 in UTC, digests `sha256:HEX`, places count from 1.
"""

from __future__ import annotations

from typing import Any

import msgspec

API_VERSION = "fairlead.dev/v1"


class Document(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind"):
    """The one document on standard output. `kind` is the name of its type."""


class Item(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A thing inside a document."""


class Located(Item, frozen=True, kw_only=True):
    """An item that says where it belongs; null where it belongs to nothing so narrow."""

    environment: str | None
    cluster: str | None
    namespace: str | None
    release: str | None


class ProblemItem(Item, frozen=True, kw_only=True):
    """One mistake or failure. `path` is the place inside the document, such as `environments[0].name`."""

    code: str
    message: str
    file: str | None
    line: int | None
    column: int | None
    path: str | None
    remedy: str | None


class GradedProblem(ProblemItem, frozen=True, kw_only=True):
    """A problem that may be only a warning. `severity` is `error` or `warning`."""

    severity: str


class Error(Document, frozen=True, kw_only=True, tag="Error"):
    """Why the command did not do what it was asked."""

    errors: list[ProblemItem]


class Problems(Document, frozen=True, kw_only=True, tag="Problems"):
    """What `lint` found."""

    problems: list[GradedProblem]


class ContextItem(Located, frozen=True, kw_only=True):
    """A context that `init` made sure of. `changed` says whether the kubeconfig was different before."""

    name: str
    server: str
    fingerprint: str
    changed: bool


class Contexts(Document, frozen=True, kw_only=True, tag="Contexts"):
    """What `init` did."""

    contexts: list[ContextItem]


class Context(Document, frozen=True, kw_only=True, tag="Context"):
    """The context that `use` made the current one."""

    context: str


class ListedItem(Located, frozen=True, kw_only=True):
    """A declared cluster, environment or release. What does not apply to its type is null.

    `provider` is the provider's key in the file; `source` one of `chart`, `manifests`, `kustomize`, `app`; `chart`
    the directory or reference, with `version` where it has one; `files` the manifests or the kustomization.
    """

    name: str
    file: str
    line: int
    provider: str | None = None
    releases: int | None = None
    source: str | None = None
    chart: str | None = None
    version: str | None = None
    files: list[str] | None = None
    depends_on: list[str] | None = None
    labels: dict[str, str] | None = None


class List(Document, frozen=True, kw_only=True, tag="List"):
    """What is declared."""

    items: list[ListedItem]


class Origin(Item, frozen=True, kw_only=True):
    """Where a value was set.

    `source` names the layer, from `chart` (weakest) over `environment.defaultValuesFile`,
    `environment.defaultValues` `release.valuesFile` and `release.values` to `release.lockFile` (strongest).
    """

    file: str | None
    line: int | None
    source: str


class Values(Document, frozen=True, kw_only=True, tag="Values"):
    """The values that a release is rendered with; secret ones read `(secret)`."""

    environment: str
    cluster: str
    namespace: str
    release: str
    values: dict[str, Any]
    provenance: dict[str, Origin]


class HookItem(Item, frozen=True, kw_only=True):
    """An object that runs at a point of the deployment. `events` are Helm's words."""

    events: list[str]
    weight: int
    delete_policies: list[str]
    manifest: dict[str, Any]


class RenderedItem(Located, frozen=True, kw_only=True):
    """The objects of one release, a chart's `crds/` first. `digest` covers them all."""

    name: str
    digest: str
    manifests: list[dict[str, Any]]
    hooks: list[HookItem]
    notes: str


class Rendered(Document, frozen=True, kw_only=True, tag="Rendered"):
    """What would be applied."""

    releases: list[RenderedItem]


class FormattedFile(Item, frozen=True, kw_only=True):
    """A file that `fmt` looked at. `changed`: it was not in normal form, and is now unless it was only checked."""

    file: str
    changed: bool


class Files(Document, frozen=True, kw_only=True, tag="Files"):
    """Files that a command wrote, or with `changed`, that it looked at."""

    files: list[str | FormattedFile]
