"""What is asked of a unit on real pods while its driver is struck, and how each of it ends. Data, and short steps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from fairlead.domain.apps.descriptor import Component, ConfigMapContent, Descriptor, Soak
from fairlead.domain.identity import ObjectRef
from fairlead.domain.reading import whole
from fairlead.domain.rollout.intents import Pause, Scale
from fairlead.domain.rollout.phases import Phase
from fairlead.sandbox.waiting import holds_within
from tests.e2e.units import UnitSite

Step = Callable[[UnitSite], Awaitable[object]]
Wish = Callable[[UnitSite], Descriptor]
APP: Final = "shop"
PLAIN: Final = "plain"
"""What a version answers that nobody numbered."""


def small(colour: str, **more: Any) -> Wish:
    """Want a version of one pod."""
    return lambda site: site.descriptor(**{"replicas": 1, "env": {"COLOUR": colour}, **more})


def rich(colour: str) -> Wish:
    """Want a version with much of what one can consist of."""

    def wish(site: UnitSite) -> Descriptor:
        plain = small(colour)(site)
        return replace(
            plain,
            main=replace(plain.main, minimum=1, maximum=3),
            components=(Component("worker", plain.main.pod_spec, 1),),
            config_maps=(ConfigMapContent("settings", {"colour": colour}),),
        )

    return wish


_GREEN = small("green")


@dataclass(frozen=True, slots=True)
class Operation:
    """`stage` brings about what it begins with; then the installed command runs with `words`.

    `wish` is what the command finds in `app.json`. What no command asks for, `asks` appends to the queue of the unit
    before the command drives it. `ends` says how it stands in the end: the phase, the states of the versions in their
    order, and what became of what was asked. `serves` says whether there is traffic from the beginning. `meanwhile` is
    done by others while the command runs, `least` so many pods are ready when the traffic comes to whom it ends with.
    """

    name: str
    stage: Step
    words: tuple[str, ...]
    ends: str
    wish: Wish = _GREEN
    asks: Step | None = None
    serves: bool = True
    meanwhile: Step | None = None
    least: int = 0

    def __str__(self) -> str:
        return self.name


async def nobody(_site: UnitSite) -> None:
    """Nothing is there yet."""


def deployed(*wishes: Wish) -> Step:
    """Deploy one version after the other."""

    async def stage(site: UnitSite) -> None:
        for wish in wishes:
            await site.deploy(wish(site))

    return stage


def deploying(phase: Phase, **more: Any) -> Step:
    """Deploy a version, and another one up to a phase, in which it is left alone."""

    async def stage(site: UnitSite) -> None:
        await site.deploy(small("blue")(site))
        await site.units.deploy(site.key, site.order(small("green", **more)(site)))
        await site.settle(lambda anchor: anchor.phase is phase)

    return stage


async def paused(site: UnitSite) -> None:
    """A rollout is held back by a pause."""
    await deploying(Phase.WARMING)(site)
    await site.ask(Pause(*site.asked()))


async def a_plain_app(site: UnitSite) -> None:
    """There is a Deployment with a Service that nobody versioned."""
    for one in plain_app(site):
        await site.cluster.apply(one, manager="tester")


def plain_app(site: UnitSite, replicas: int = 1) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a plain Deployment and a plain Service, which selects by the name of the app alone."""
    labels, here = {"app": APP}, {"name": APP, "namespace": site.key.namespace}
    container = {
        "name": "app",
        "image": f"{site.registry}/app:1.0",
        "env": [{"name": "APP_VERSION", "value": PLAIN}],
        "ports": [{"containerPort": 8080, "name": "http"}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1},
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    routed = {"selector": labels, "ports": [{"name": "http", "port": 8080, "targetPort": "http"}]}
    return (
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": here, "spec": spec},
        {"apiVersion": "v1", "kind": "Service", "metadata": here, "spec": routed},
    )


async def _growing(site: UnitSite) -> None:
    """Play the autoscaler of the live version: it wants another pod when the next version comes, and later one more."""
    for replicas, beside in ((2, 1), (3, 2)):
        await holds_within(120, f"{beside} pods of the next version", partial(_runs, site, beside))
        scale = [{"op": "replace", "path": "/spec/replicas", "value": replicas}]
        await site.cluster.patch(
            ObjectRef("apps/v1", "Deployment", site.key.namespace, f"{APP}-1"), scale, manager="hpa"
        )


async def _runs(site: UnitSite, replicas: int) -> bool:
    """Whether the next version is told to run so many pods."""
    found = await site.get("Deployment", f"{APP}-2", "apps/v1")
    return found is not None and whole(found, "spec", "replicas") >= replicas


async def _scaled(site: UnitSite) -> None:
    await site.units.submit(site.key, Scale(*site.asked(), 2))


_BLUE, _RED = small("blue"), small("red")
_DEPLOY, _DRIVE = ("deploy", "app.json"), ("units", APP, "--drive")
_WAITS: Final[dict[str, Any]] = {"rules": {"promote_after": None}}
_SOAKS: Final[dict[str, Any]] = {"rules": {"soak": Soak(seconds=600.0)}}

OPERATIONS = (
    Operation("first", nobody, _DEPLOY, "Idle: Live; deployed", serves=False),
    Operation("next", deployed(_BLUE), _DEPLOY, "Idle: Hot, Live; deployed"),
    Operation("everything", deployed(rich("blue")), _DEPLOY, "Idle: Hot, Live; deployed", rich("green")),
    Operation("newer", deploying(Phase.WARMING), _DEPLOY, "Idle: Hot, Live; deployed", _RED),
    Operation("newer-late", deploying(Phase.CONFIRMING), _DEPLOY, "Idle: Hot, Hot, Live; deployed", _RED),
    Operation("promote", deploying(Phase.AWAITING, **_WAITS), ("promote", APP), "Idle: Hot, Live; done"),
    Operation("abort", deploying(Phase.WARMING), ("abort", APP), "Idle: Live, Failed; done"),
    Operation("abort-late", deploying(Phase.SOAKING, **_SOAKS), ("abort", APP), "Idle: Live, Failed; done"),
    Operation("rollback", deployed(_BLUE, _GREEN), ("rollback", "-", APP), "Idle: Live, Hot; deployed"),
    Operation("scale", deployed(_BLUE, _GREEN), _DRIVE, "Idle: Hot, Live; done", asks=_scaled),
    Operation("pause", deploying(Phase.WARMING), ("pause", APP), "Awaiting: Live, Ready; done"),
    Operation("resume", paused, ("resume", APP), "Idle: Hot, Live; done"),
    Operation(
        "growing",
        deployed(rich("blue")),
        _DEPLOY,
        "Idle: Hot, Live; deployed",
        rich("green"),
        meanwhile=_growing,
        least=2,
    ),
    Operation("adopt", a_plain_app, _DEPLOY, "Idle: Hot, Live; deployed"),
    Operation("in-place", deployed(_BLUE), _DEPLOY, "Idle: Live; inPlace", small("blue", replicas=2)),
    Operation("undeploy", deployed(_BLUE, _GREEN), ("undeploy", APP, "--yes"), "Idle: ; undeployed"),
)
