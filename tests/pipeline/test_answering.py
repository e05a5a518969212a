"""Clusters that do not answer, beside some that do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from fairlead.domain.config import Environment
from fairlead.domain.errors import FairleadError, InputError, Problem, Transient
from fairlead.domain.targets import Target
from fairlead.pipeline.answering import answering
from fairlead.ports.cluster import Cluster
from tests.fakes.cluster import FakeCluster
from tests.fakes.releases import environment, release

HERE = environment(release("a"), release("b"))
THERE = replace(environment(release("a")), name="other", cluster="d")
AWAY = Transient(Problem("unreachable", "nobody answers", remedy="look at the network"))


@dataclass
class Doors:
    """Leads to a cluster each; some doors stay shut."""

    shut: dict[str, FairleadError] = field(default_factory=dict)
    dead: dict[str, FairleadError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def open(self, environment: Environment) -> Cluster:
        self.asked.append(environment.name)
        if environment.name in self.shut:
            raise self.shut[environment.name]
        cluster = FakeCluster()
        if environment.name in self.dead:
            cluster.fail(self.dead[environment.name], verb="kinds")
        return cluster


def _targets(*environments: Environment) -> list[Target]:
    return [Target(one, each) for one in environments for each in one.releases]


@pytest.mark.parametrize(
    "doors",
    [Doors(dead={"other": AWAY}), Doors(shut={"other": InputError(Problem("contextMissing", "there is none"))})],
    ids=["dead", "no way there"],
)
async def test_the_others_go_on(doors: Doors) -> None:
    found, silent = await answering(_targets(HERE, THERE), doors)
    assert list(found) == _targets(HERE)
    assert [(one.environment, one.targets) for one in silent] == [(THERE, tuple(_targets(THERE)))]
    assert silent[0].problem.code in ("unreachable", "contextMissing")


async def test_when_none_answers_that_is_the_error() -> None:
    with pytest.raises(Transient):
        await answering(_targets(HERE, THERE), Doors(dead={"other": AWAY, "test": AWAY}))


async def test_one_environment_is_not_asked_twice() -> None:
    doors = Doors(dead={"test": AWAY})
    assert await answering(_targets(HERE), doors) == (tuple(_targets(HERE)), ())
    assert doors.asked == []
