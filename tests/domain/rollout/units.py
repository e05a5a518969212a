"""Values of a unit that the tests of the rollout machine share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fairlead.domain.identity import ObjectRef
from fairlead.domain.rollout.intents import (
    Abort,
    Deploy,
    Freeze,
    Intent,
    OnBusy,
    Pause,
    Policy,
    Promote,
    Resolution,
    Resolve,
    Resume,
    Rollback,
    Scale,
    Undeploy,
    Unfreeze,
    VersionSpec,
)
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


INTENTS: tuple[Intent, ...] = (
    Deploy("i1", "ann", T0, "d1", spec_of("7", Policy(auto_promote_after=5.5, verify=True)), OnBusy.QUEUE),
    Promote("i2", "ann", T0, "sha256:7", force=True),
    Abort("i3", "ann", T0, "d1"),
    Rollback("i4", "ann", T0, "d2", "6"),
    Scale("i5", "ann", T0, 5, "shop"),
    Pause("i6", "ann", T0),
    Resume("i7", "ann", T0),
    Freeze("i8", "ann", T0),
    Unfreeze("i9", "ann", T0),
    Undeploy("i10", "ann", T0, "d3"),
    Resolve("i11", "ann", T0, Resolution.ADOPT_OBSERVED),
)
