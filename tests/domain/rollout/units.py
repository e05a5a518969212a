"""Values of a unit that the tests of the rollout machine share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.intents import Policy, VersionSpec
from fairlead.domain.rollout.traffic import RouteTarget, Selector

T0 = datetime(2026, 11, 21, 8, 0, 0, 250000, tzinfo=UTC)
SHOP = ObjectRef("v1", "Service", "prod", "shop")
WWW = ObjectRef("gateway.networking.k8s.io/v1", "HTTPRoute", "prod", "www")


def after(seconds: float) -> datetime:
    """Return a moment after the first one."""
    return T0 + timedelta(seconds=seconds)


def selector(version: str) -> Selector:
    """Return the stable Service's selector while a version is live."""
    return Selector({"app": "shop", "version": version})


def spec_of(
    version: str, policy: Policy | None = None, *, autoscaled: bool = False, preview: bool = False
) -> VersionSpec:
    """Return a version with one workload of two pods behind one Service."""
    return VersionSpec(
        version=version,
        digest=f"sha256:{version}",
        workloads={"shop": 2},
        routes=(RouteTarget(SHOP, selector(version)),),
        autoscaled=autoscaled,
        preview=preview,
        policy=policy or Policy(),
    )
