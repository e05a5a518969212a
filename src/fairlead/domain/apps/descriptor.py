"""A descriptor: what one app wants to be, in one namespace. Read and checked; what makes versions of it is elsewhere.

The fields are those of the Amdatu Kubernetes Deployer, and what blue-green deployments of today need besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fairlead.domain.errors import Problem
from fairlead.domain.manifests import JsonObject

AUTOMATIC = "#"
"""The version that stands for the next number."""

HEALTH_PATH = "health"
HOT_SECONDS = 600.0
SHORTEST_HOT_SECONDS = 30.0
WARM_SECONDS = 24 * 3600.0
DRAIN_SECONDS = 60.0
KEEP_FAILED_SECONDS = 600.0


class HealthCheckType(StrEnum):
    """How the health path is asked: `probe` posts and reads `healthy` in the JSON answer, `simple` takes any 2xx."""

    PROBE = "probe"
    SIMPLE = "simple"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How a pod says that it is well.

    `enabled` is False where only readiness counts. With `ignored` the app has a check, but nobody waits for it.
    `port` None means the one that the declared ports suggest. `ignore_readiness` waits not even for ready pods.
    """

    enabled: bool = False
    ignored: bool = False
    ignore_readiness: bool = False
    path: str = HEALTH_PATH
    port: int | None = None
    kind: HealthCheckType = HealthCheckType.PROBE


@dataclass(frozen=True, slots=True)
class Header:
    """A response header that a proxy adds."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class GatewayListener:
    """A Gateway (gateway.networking.k8s.io) that leads to the app.

    `namespace` None means the app's; without `section` and `port` it is every listener that takes the route.
    """

    name: str
    namespace: str | None = None
    section: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """Under which host the app answers, and how. Without `host` it is not exposed.

    With `gateways` an HTTPRoute leads there, else an Ingress, which class and TLS Secret are for. What follows them is
    kept for the proxies that can do it.
    """

    host: str | None = None
    gateways: tuple[GatewayListener, ...] = ()
    ingress_class: str | None = None
    tls_secret: str | None = None
    redirect_www: bool = False
    compression: bool = False
    sticky_sessions: bool = False
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """One workload of the app: its pods and how many of them.

    The app's own has the empty name. `maximum` None means that no autoscaler changes the number.
    """

    name: str
    pod_spec: JsonObject
    replicas: int = 1
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class ConfigMapContent:
    """A ConfigMap that each version gets a copy of its own of."""

    name: str
    data: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HttpGate:
    """Passes when a GET of a path of the new side answers 2xx. `port` None means the port that traffic goes to."""

    name: str
    path: str
    port: int | None = None
    timeout_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class JobGate:
    """Passes when a Job of one such pod succeeds."""

    name: str
    pod_spec: JsonObject
    timeout_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class WebhookGate:
    """Passes when a POST to a URL answers 2xx, says no at 4xx, and knows nothing at anything else."""

    name: str
    url: str
    timeout_seconds: float = 60.0


Gate = HttpGate | JobGate | WebhookGate


@dataclass(frozen=True, slots=True)
class Soak:
    """How long a version is watched after the switch, and what has to hold meanwhile."""

    seconds: float = 0.0
    gates: tuple[Gate, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """How versions follow each other. All times are in seconds.

    `promote_after` 0 promotes at once, None waits for a person. `preview_replicas` None starts a new version at full
    size. `min_ready` is how long pods have to stay ready. A version is hot for a while, at full size, then warm, at
    none; `keep_failed` is how long one pod of a failed version stays.
    """

    min_ready: float = 0.0
    hot_for: float = HOT_SECONDS
    warm_for: float = WARM_SECONDS
    drain_timeout: float = DRAIN_SECONDS
    keep_failed: float = KEEP_FAILED_SECONDS
    verify: tuple[Gate, ...] = ()
    soak: Soak = field(default_factory=Soak)
    promote_after: float | None = 0.0
    preview_replicas: int | None = None

    @property
    def previews(self) -> bool:
        """Whether a new version is shown under a Service of its own before it gets traffic."""
        return self.promote_after != 0 or self.preview_replicas is not None


@dataclass(frozen=True, slots=True)
class Webhook:
    """A name for a webhook that starts this deployment; kept for other tools."""

    key: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What other tools read from a stored descriptor; nothing here depends on it."""

    identifier: str | None = None
    created: str | None = None
    last_modified: str | None = None
    external_health_check: bool = False
    external_health_check_path: str | None = None
    readiness_port: int | None = None
    webhooks: tuple[Webhook, ...] = ()


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What one app wants to be. `version` is a normalised name of a version, or `#` for the next number.

    `secrets` names Secrets of the namespace that each version gets copies of its own of. `warnings` are what reading it
    had to say; they are no part of what it means.
    """

    namespace: str
    app: str
    version: str
    main: Component
    components: tuple[Component, ...] = ()
    config_maps: tuple[ConfigMapContent, ...] = ()
    secrets: tuple[str, ...] = ()
    health: HealthCheck = field(default_factory=HealthCheck)
    exposure: Exposure = field(default_factory=Exposure)
    rules: Rules = field(default_factory=Rules)
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    warnings: tuple[Problem, ...] = field(default=(), compare=False)

    @property
    def is_automatic(self) -> bool:
        """Whether the version is the next number."""
        return self.version == AUTOMATIC

    @property
    def workloads(self) -> tuple[Component, ...]:
        """All workloads, the app's own first."""
        return (self.main, *self.components)
