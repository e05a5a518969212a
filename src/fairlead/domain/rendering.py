"""What goes into rendering a release, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.app_releases import AppUse
from fairlead.domain.chart_files import text_asks_versions, text_generates
from fairlead.domain.helm_past import HelmPast
from fairlead.domain.helm_release import HelmRelease
from fairlead.domain.identity import ReleaseKey, canonical_json, sha256_json
from fairlead.domain.manifests import Manifest


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a chart may ask about its cluster.

    `kube_version` looks like `v1.36.3`, `api_versions` like `apps/v1` and `apps/v1/Deployment`. `complete` says that
    the cluster serves no others; otherwise those built into Helm count besides them, as with `helm template`.
    """

    kube_version: str
    api_versions: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class LocalChart:
    """A chart on this machine, complete with its dependencies. `digest` covers every byte that rendering can see.

    `generates` says that a template calls something whose result may differ each time (random, time, certificates,
    `lookup`), so that rendered output may not be cached; `looks_up` that one reads from the cluster; `asks_versions`
    that one may ask which API versions the cluster serves.
    """

    path: str
    digest: str
    name: str
    version: str
    generates: bool = False
    looks_up: bool = False
    asks_versions: bool = True


@dataclass(frozen=True, slots=True)
class Lookup:
    """How the `lookup` template function reaches the cluster: a kubeconfig file of our making and its context."""

    kubeconfig: str
    context: str


@dataclass(frozen=True, slots=True)
class ChartRequest:
    """One chart to render. `values` are the user's, not merged with the chart's own; explicit nulls are kept.

    `holds_secrets` says that some values may not be kept anywhere, and so nothing that they render to.
    """

    name: str
    namespace: str
    chart: LocalChart
    values: Mapping[str, Any]
    capabilities: Capabilities
    revision: int = 1
    is_upgrade: bool = False
    lookup: Lookup | None = None
    holds_secrets: bool = False

    @property
    def asks_versions(self) -> bool:
        """Whether chart or values may ask which API versions the cluster serves."""
        return self.chart.asks_versions or text_asks_versions(canonical_json(self.values))


@dataclass(frozen=True, slots=True)
class Hook:
    """An object that runs at a point of the deployment. `events` are Helm's words, such as `pre-install`."""

    events: tuple[str, ...]
    weight: int
    delete_policies: tuple[str, ...]
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class RenderedChart:
    """What a chart turned into; `crds` are the objects of its `crds/` folder. `cached`: no template was executed."""

    manifests: tuple[Manifest, ...]
    hooks: tuple[Hook, ...] = ()
    crds: tuple[Manifest, ...] = ()
    notes: str = ""
    cached: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class ChartUse:
    """From which chart a release was rendered, with which values of the user, and what Helm's records say of it.

    With the objects this is all that Helm's record of the next revision needs; with `again` nothing was rendered, and
    that revision is deployed once more.
    """

    chart: LocalChart
    values: Mapping[str, Any] = field(repr=False)
    past: HelmPast = field(default_factory=HelmPast)
    again: HelmRelease | None = field(default=None, repr=False)

    @property
    def generates(self) -> bool:
        """Whether chart or values call for something that may be another each time (random text, the time, lookups)."""
        return self.chart.generates or text_generates(canonical_json(self.values))


@dataclass(frozen=True, slots=True)
class RenderedRelease:
    """What a release turned into, patches applied and namespaces set.

    `secrets` are the clear texts that came from `secretRef` or `env`, for the redactor. `use` is of charts, `app` of
    apps, where it is known what they are made of in their cluster; what an app rendered to has no version's name yet.
    """

    key: ReleaseKey
    inputs_digest: str
    manifests: tuple[Manifest, ...]
    hooks: tuple[Hook, ...] = ()
    crds: tuple[Manifest, ...] = ()
    notes: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    use: ChartUse | None = None
    app: AppUse | None = None

    @property
    def is_deployed(self) -> bool:
        """Whether Helm's records tell of a deployed revision of the chart."""
        return self.use is not None and self.use.past.deployed is not None

    @property
    def is_known_to_helm(self) -> bool:
        """Whether Helm would upgrade the release, not install it."""
        return self.use is not None and self.use.past.is_installed

    @property
    def generates(self) -> bool:
        """Whether another rendering of the same inputs may differ."""
        return self.use is not None and self.use.generates

    @property
    def everything(self) -> tuple[Manifest, ...]:
        """All objects: a chart's `crds/`, those of the release, its hooks."""
        return (*self.crds, *self.manifests, *(hook.manifest for hook in self.hooks))

    @property
    def manifests_digest(self) -> str:
        """The digest of everything that rendering produced, in order."""
        return sha256_json([manifest.data for manifest in self.everything])
