"""What may be asked in the middle of something else, with pods that really run, and requests all the while.

A drive that ends at a phase leaves the unit exactly there, for whoever asks and drives next.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from bench.connections import Target
from bench.load import Plan, load_on
from fairlead.domain.apps.descriptor import Soak
from fairlead.domain.rollout.intents import Abort, Pause, Promote, Resume, Rollback, Scale, Undeploy
from fairlead.domain.rollout.phases import Phase
from fairlead.pipeline.units.service import Order
from tests.e2e.answering import answering
from tests.e2e.running import RunningSandbox
from tests.e2e.units import UnitSite, unit_site
from tests.faults.unit_anchors import broken_by_anchors
from tests.faults.unit_history import broken, recorded
from tests.pipeline.units.units import ended, states

pytestmark = pytest.mark.e2e

_WAITS: dict[str, Any] = {"rules": {"promote_after": None}}
_SOAKS: dict[str, Any] = {"rules": {"soak": Soak(seconds=600.0)}}
_DONE, _BACK, _THIRD = {"1": "Hot", "2": "Live"}, {"1": "Live", "2": "Failed"}, {"1": "Hot", "2": "Hot", "3": "Live"}


@dataclass(frozen=True)
class Pair:
    """A second version is on its way up to a phase; then intents come, and what is asked for is driven up to phases.

    `became` is the end of the deployment and of each intent, `stands` how the versions stand in the end.
    """

    at: Phase
    then: tuple[Callable[..., Any] | Phase, ...]
    became: tuple[str, ...]
    stands: dict[str, str]
    more: dict[str, Any] = field(default_factory=dict)


def newer(site: UnitSite) -> Order:
    """Want a third version."""
    return site.order(site.descriptor(replicas=1, env={"COLOUR": "red"}))


back = partial(Rollback, deployment="back", to="1")
larger = partial(Scale, replicas=2)
away = partial(Undeploy, deployment="away")

PAIRS = {
    "abort-switching": Pair(Phase.SWITCHING, (Abort,), ("aborted", "done"), _BACK),
    "abort-reverting": Pair(
        Phase.SOAKING, (Abort, Phase.REVERTING, Abort), ("aborted", "done", "nothing"), _BACK, _SOAKS
    ),
    "pause-preparing": Pair(Phase.PREPARING, (Pause, Phase.AWAITING, Resume), ("deployed", "done", "done"), _DONE),
    "pause-promoted": Pair(
        Phase.AWAITING,
        (Promote, Phase.STAGING, Pause, Phase.STAGING, Resume),
        ("deployed", "done", "done", "done"),
        _DONE,
        _WAITS,
    ),
    "promote-twice": Pair(
        Phase.AWAITING, (Promote, Phase.SWITCHING, Promote), ("deployed", "done", "nothing"), _DONE, _WAITS
    ),
    "newer-switching": Pair(Phase.SWITCHING, (newer,), ("deployed", "deployed"), _THIRD),
    "newer-confirming": Pair(Phase.CONFIRMING, (newer,), ("deployed", "deployed"), _THIRD),
    "rollback-draining": Pair(Phase.IDLE, (back,), ("deployed", "deployed"), {"1": "Live", "2": "Hot"}),
    "scale-hot": Pair(Phase.IDLE, (larger,), ("deployed", "done"), _DONE),
    "undeploy-warming": Pair(Phase.WARMING, (away,), ("aborted", "undeployed"), {}),
    "undeploy-switching": Pair(Phase.SWITCHING, (away,), ("deployed", "undeployed"), {}),
}


@pytest.fixture
async def site(real_sandbox: RunningSandbox, namespace: str) -> AsyncIterator[UnitSite]:
    async with unit_site(real_sandbox, namespace) as found:
        yield found


@pytest.mark.parametrize("name", PAIRS)
async def test_what_is_asked_meanwhile_ends_as_it_should(site: UnitSite, name: str) -> None:
    pair = PAIRS[name]
    async with recorded(site.cluster, site.key.namespace) as history:
        await site.deploy(site.descriptor(replicas=1))
        async with load_on(Plan(await _target(site), rate=20.0, long_every=0.0)) as load:
            more = {"env": {"COLOUR": "green"}, **pair.more}
            await site.units.deploy(site.key, site.order(site.descriptor(replicas=1, **more)))
            await _driven_to(site, pair.at)
            for each in pair.then:
                if each is away:
                    load.stop()
                await (_driven_to(site, each) if isinstance(each, Phase) else _asked(site, each))
            anchor = await site.settle()
    assert [ended(anchor)[f"i{number}"] for number in range(2, 2 + len(pair.became))] == list(pair.became)
    assert states(anchor) == pair.stands
    assert len(load.answers) > 0
    assert [one for one in load.answers if one.failed] == []
    assert broken(history, "shop") + broken_by_anchors(history.of("shop"), "shop") == []


async def _driven_to(site: UnitSite, phase: Phase) -> None:
    await site.units.drive(site.key, lambda anchor: anchor.phase is phase)


async def _asked(site: UnitSite, what: Callable[..., Any]) -> None:
    if what is newer:
        await site.units.deploy(site.key, newer(site))
    else:
        await site.units.submit(site.key, what(*site.asked()))


async def _target(site: UnitSite) -> Target:
    service = await site.get("Service", site.key.name)
    assert service is not None
    return await answering(service["spec"]["clusterIP"], 8080)
