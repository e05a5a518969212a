"""What may be asked of a unit and what time brings, from a stage on, and how each of it ends. Data, and short steps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from fairlead.domain.apps.descriptor import Component, ConfigMapContent, Descriptor, Exposure, HttpGate, Soak
from fairlead.domain.apps.probing import Answer
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.intents import (
    Abort,
    Freeze,
    Pause,
    Promote,
    Resolution,
    Resolve,
    Resume,
    Rollback,
    Scale,
    Undeploy,
)
from fairlead.domain.rollout.phases import Phase
from fairlead.pipeline.units.driver import Rests
from fairlead.pipeline.units.service import at_rest
from fairlead.pipeline.units.sight import version_of
from tests.pipeline.units.units import KEY, Yard, grow, plain, states

Step = Callable[[Yard], Awaitable[object]]
_UNHEALTHY = Answer(500, b'{"healthy": false}')


@dataclass(frozen=True, slots=True)
class Operation:
    """`stage` brings about what it begins with, `act` asks for something; then the unit is driven until it `rests`.

    `ends` says how: the phase, the versions with their states, the version that has the traffic, and what became of
    what was asked.
    """

    name: str
    stage: Step
    act: Step
    ends: str
    rests: Rests = at_rest

    def __str__(self) -> str:
        return self.name


def shop(here: Yard, env: str = "", **more: Any) -> Descriptor:
    """Return a descriptor whose versions stay hot, warm and failed for long."""
    long = {"hot_for": 6000.0, "warm_for": 6000.0, "keep_failed": 6000.0}
    return here.descriptor(env=env, rules={**long, **more.pop("rules", {})}, **more)


def rich(here: Yard, env: str = "", **more: Any) -> Descriptor:
    """Return a descriptor with everything that a version and a unit can consist of."""
    plain = shop(here, env, **more)
    return replace(
        plain,
        main=replace(plain.main, minimum=2, maximum=10),
        components=(Component("worker", plain.main.pod_spec, 2),),
        config_maps=(ConfigMapContent("settings", {"colour": env}),),
        exposure=Exposure(host="shop.example.com"),
    )


def deployed(*colours: str, make: Callable[..., Descriptor] = shop, **more: Any) -> Step:
    """Deploy one version after the other."""

    async def stage(here: Yard) -> None:
        for colour in colours:
            await here.deploy(make(here, colour, **more))

    return stage


def deploying(phase: Phase, colour: str = "green", *, first: Step | None = None, **more: Any) -> Step:
    """Deploy a version, and another one up to a phase."""

    async def stage(here: Yard) -> None:
        await (first or deployed("blue"))(here)
        await here.units.deploy(KEY, here.order(shop(here, colour, **more)))
        await here.settle(lambda anchor: anchor.phase is phase)

    return stage


def deploy(colour: str, *, make: Callable[..., Descriptor] = shop, **more: Any) -> Step:
    """Ask for a version."""

    async def act(here: Yard) -> None:
        await here.units.deploy(KEY, here.order(make(here, colour, **more)))

    return act


def ask(intent: Callable[..., Any], *more: Any) -> Step:
    """Ask for anything else."""

    async def act(here: Yard) -> None:
        await here.units.submit(KEY, intent(*here.asked(), *more))

    return act


async def nothing(_here: Yard) -> None:
    """Ask for nothing: time goes on."""


async def nobody(_here: Yard) -> None:
    """Nothing is there yet."""


async def a_plain_app(here: Yard) -> None:
    """There is a Deployment with a Service that nobody versioned."""
    plain(here)


async def sick(here: Yard) -> None:
    """A version is live, and whatever comes is not healthy."""
    await deployed("blue")(here)
    here.cluster.health = _UNHEALTHY


async def deaf(here: Yard) -> None:
    """A version is live, and whatever comes takes no connections."""
    await deployed("blue")(here)
    here.cluster.listens = lambda pod: version_of(pod) == "1"


async def grown(here: Yard) -> None:
    """The autoscaler of the live version has made it larger."""
    await deployed("blue", make=rich)(here)
    grow(here, 5)


async def outgrown(here: Yard) -> None:
    """Somebody has made the live version larger than it is declared."""
    await deployed("blue")(here)
    grow(here, 5)


def bereft(*kinds: str, make: Callable[..., Descriptor] = shop) -> Step:
    """Somebody has deleted objects of the live version."""

    async def stage(here: Yard) -> None:
        await deployed("blue", make=make)(here)
        mine = [
            one for one in here.cluster.objects if one["kind"] in kinds and not one["metadata"].get("deletionTimestamp")
        ]
        for one in mine:
            if one["metadata"]["name"].startswith((KEY.name, "settings")):
                here.cluster.remove(object_ref(one))

    return stage


async def crowded(here: Yard) -> None:
    """There are as many versions as there may be, and the oldest has been idle for long enough."""
    await deployed("blue", "green", "red")(here)
    here.clock.advance(120.0)


async def drifted(here: Yard) -> None:
    """Somebody turned the traffic elsewhere in the middle of a rollout."""
    await deploying(Phase.SWITCHING)(here)
    route = ObjectRef("v1", "Service", KEY.namespace, KEY.name)
    here.cluster.edit(route, lambda service: service["spec"]["selector"].update(version="nowhere"))
    await here.settle()


def _are(**wanted: str) -> Callable[[Anchor], bool]:
    return lambda anchor: states(anchor) == {name.removeprefix("v"): state for name, state in wanted.items()}


async def promoting(here: Yard) -> None:
    """A preview is promoted, and the promotion goes on."""
    await deploying(Phase.AWAITING, **_WAIT)(here)
    await here.units.submit(KEY, Promote(*here.asked()))
    await here.settle(lambda anchor: anchor.phase is Phase.SWITCHING)


async def reverting(here: Yard) -> None:
    """A rollout is aborted when its traffic has moved, and the traffic goes back."""
    await deploying(Phase.CONFIRMING)(here)
    await here.units.submit(KEY, Abort(*here.asked()))
    await here.settle(lambda anchor: anchor.phase is Phase.REVERTING)


async def paused(here: Yard) -> None:
    """A rollout is held back by a pause."""
    await deploying(Phase.WARMING)(here)
    await here.ask(Pause(*here.asked()))


def aged(until: Callable[[Anchor], bool]) -> Step:
    """Let an earlier version grow old."""

    async def stage(here: Yard) -> None:
        await deployed("blue", "green", **_SHORT)(here)
        await here.settle(until)

    return stage


_ANSWERS = (HttpGate("answers", "/", timeout_seconds=2.0),)
_WAIT: Final[dict[str, Any]] = {"rules": {"promote_after": None}}
_TIMED: Final[dict[str, Any]] = {"rules": {"promote_after": 1.0}}
_SMALL: Final[dict[str, Any]] = {"rules": {"promote_after": None, "preview_replicas": 1}}
_SOAK: Final[dict[str, Any]] = {"rules": {"soak": Soak(seconds=600.0)}}
_GATE: Final[dict[str, Any]] = {"rules": {"verify": _ANSWERS}}
_SOAK_GATE: Final[dict[str, Any]] = {"rules": {"soak": Soak(0.0, _ANSWERS)}}
_SHORT: Final[dict[str, Any]] = {"rules": {"hot_for": 60.0, "warm_for": 60.0}}
_EXPOSED: Final[dict[str, Any]] = {"exposure": Exposure(host="shop.example.com")}
_WARM, _GONE = _are(v1="Warm", v2="Live"), _are(v2="Live")
_WAITS = "Awaiting: 1 Live, 2 Ready; 1 has the traffic"
_NEWER = "Idle: 1 Hot, 3 Live; 3 has the traffic"
_THIRD = "Idle: 1 Hot, 2 Hot, 3 Live; 3 has the traffic"
_FOURTH = "Idle: 2 Hot, 3 Hot, 4 Live; 4 has the traffic"
_DONE = "Idle: 1 Hot, 2 Live; 2 has the traffic"
_BACK = "Idle: 1 Live, 2 Hot; 1 has the traffic"
_GIVEN_UP = "Idle: 1 Live, 2 Failed; 1 has the traffic"

OPERATIONS = (
    Operation("first", nobody, deploy("blue"), "Idle: 1 Live; 1 has the traffic; deployed"),
    Operation("next", deployed("blue"), deploy("green"), f"{_DONE}; deployed"),
    Operation("everything", grown, deploy("green", make=rich), f"{_DONE}; deployed"),
    Operation("shrink", outgrown, deploy("green"), f"{_DONE}; deployed"),
    Operation("preview", deployed("blue"), deploy("green", **_WAIT), _WAITS),
    Operation("promote", deploying(Phase.AWAITING, **_WAIT), ask(Promote), f"{_DONE}; done"),
    Operation("promote-small", deploying(Phase.AWAITING, **_SMALL), ask(Promote), f"{_DONE}; done"),
    Operation("promote-twice", promoting, ask(Promote), f"{_DONE}; nothing"),
    Operation("adopt", a_plain_app, deploy("blue"), "Idle: 0 Hot, 1 Live; 1 has the traffic; deployed"),
    Operation("in-place", deployed("blue"), deploy("blue", replicas=3), "Idle: 1 Live; 1 has the traffic; inPlace"),
    Operation("expose", deployed("blue"), deploy("blue", **_EXPOSED), "Idle: 1 Live; 1 has the traffic; inPlace"),
    Operation("restore", bereft("Service"), deploy("blue"), "Idle: 1 Live; 1 has the traffic; inPlace"),
    Operation(
        "repair",
        bereft("ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "PodDisruptionBudget", make=rich),
        deploy("blue", make=rich),
        "Idle: 1 Live; 1 has the traffic; inPlace",
    ),
    Operation(
        "repair-all", bereft("Deployment", "Service"), deploy("blue"), "Idle: 1 Live; 1 has the traffic; inPlace"
    ),
    Operation("unpreview", deployed("blue", **_TIMED), deploy("blue"), "Idle: 1 Live; 1 has the traffic; inPlace"),
    Operation("unpreview-next", deployed("blue", **_TIMED), deploy("green"), f"{_DONE}; deployed"),
    Operation("scale", deployed("blue", "green"), ask(Scale, 4), f"{_DONE}; done"),
    Operation("scale-down", deployed("blue", "green"), ask(Scale, 1), f"{_DONE}; done"),
    Operation("scale-mid", deploying(Phase.SWITCHING), ask(Scale, 3), f"{_DONE}; done"),
    Operation("gate-fails", sick, deploy("green", **_GATE), f"{_GIVEN_UP}; failed"),
    Operation("soak-fails", sick, deploy("green", **_SOAK_GATE), f"{_GIVEN_UP}; failed"),
    Operation("refused", deaf, deploy("green"), f"{_GIVEN_UP}; failed"),
    Operation("abort-preparing", deploying(Phase.PREPARING), ask(Abort), "Idle: 1 Live; 1 has the traffic; done"),
    Operation("abort-creating", deploying(Phase.CREATING), ask(Abort), f"{_GIVEN_UP}; done"),
    Operation("abort-warming", deploying(Phase.WARMING), ask(Abort), f"{_GIVEN_UP}; done"),
    Operation("abort-verifying", deploying(Phase.VERIFYING), ask(Abort), f"{_GIVEN_UP}; done"),
    Operation("abort-awaiting", deploying(Phase.AWAITING, **_WAIT), ask(Abort), f"{_GIVEN_UP}; done"),
    Operation("abort-staging", deploying(Phase.STAGING), ask(Abort), f"{_GIVEN_UP}; done"),
    Operation("abort-switching", deploying(Phase.SWITCHING), ask(Abort), f"{_GIVEN_UP}; done"),
    Operation("abort-confirming", deploying(Phase.CONFIRMING), ask(Abort), f"{_GIVEN_UP}; done"),
    Operation("abort-soaking", deploying(Phase.SOAKING, **_SOAK), ask(Abort), f"{_GIVEN_UP}; done"),
    Operation("abort-reverting", reverting, ask(Abort), f"{_GIVEN_UP}; nothing"),
    Operation("rollback-hot", deployed("blue", "green"), ask(Rollback, "d3"), f"{_BACK}; deployed"),
    Operation("rollback-warm", aged(_WARM), ask(Rollback, "d3"), f"{_BACK}; deployed"),
    Operation("rollback-gone", aged(_GONE), ask(Rollback, "d3"), f"{_BACK}; deployed"),
    Operation("rollback-early", deploying(Phase.WARMING), ask(Rollback, "d3", "1"), f"{_GIVEN_UP}; nothing"),
    Operation("rollback-late", deploying(Phase.SOAKING, **_SOAK), ask(Rollback, "d3"), f"{_GIVEN_UP}; nothing"),
    Operation("undeploy", deployed("blue", "green", make=rich), ask(Undeploy, "d3"), "Idle: ; undeployed"),
    Operation("undeploy-early", deploying(Phase.WARMING), ask(Undeploy, "d3"), "Idle: ; undeployed"),
    Operation("undeploy-late", deploying(Phase.SWITCHING), ask(Undeploy, "d3"), "Idle: ; undeployed"),
    Operation(
        "newer-early", deploying(Phase.WARMING), deploy("red"), "Idle: 1 Hot, 3 Live; 3 has the traffic; deployed"
    ),
    Operation("newer-late", deploying(Phase.CONFIRMING), deploy("red"), f"{_THIRD}; deployed"),
    Operation("fourth", crowded, deploy("grey"), f"{_FOURTH}; deployed"),
    Operation("pause", deploying(Phase.PREPARING), ask(Pause), f"{_WAITS}; done"),
    Operation("freeze", deploying(Phase.WARMING), ask(Freeze), f"{_WAITS}; done"),
    Operation("resume", paused, ask(Resume), f"{_DONE}; done"),
    Operation("force", drifted, ask(Resolve, Resolution.FORCE), f"{_DONE}; done"),
    Operation("cools", deployed("blue", "green", **_SHORT), nothing, "Idle: 1 Warm, 2 Live; 2 has the traffic", _WARM),
    Operation("expires", aged(_WARM), nothing, "Idle: 2 Live; 2 has the traffic", _GONE),
)
