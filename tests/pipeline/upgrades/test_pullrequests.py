"""Branches and pull requests follow what is decided, with real git and a forge in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.domain.errors import OperationFailed
from fairlead.domain.pullrequests.groups import Group
from fairlead.domain.upgrades.proposals import Proposals
from fairlead.domain.upgrades.updates import Update
from fairlead.pipeline.upgrades.pullrequests import TRIES, Decided, Fate, Proposed, Proposing, Written
from tests.domain.pullrequests.updates import update
from tests.fakes.bare_repository import ANN, bare_repository, committed, copy_of, git
from tests.fakes.clock import FakeClock
from tests.fakes.forge import MemoryForge
from tests.fakes.pushing import Bot, Person


@dataclass
class Team:
    """A repository, a forge, and what is decided: by group the tag that `web.yaml` or another file shall have."""

    server: Path
    forge: MemoryForge = field(default_factory=MemoryForge)
    wanted: dict[str, str] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    unwritable: set[str] = field(default_factory=set)
    meddling: list[str] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)

    async def decide(self, root: Path) -> Decided:
        groups = []
        for name, tag in self.wanted.items():
            file = root / f"{name}.yaml"
            if not file.exists() or file.read_text() != f"tag: {tag}\n":
                groups.append(Group(name, (update(name, to=tag),)))
        return Decided(tuple(groups), frozenset(self.settled))

    async def change(self, root: Path, updates: Sequence[Update]) -> Written:
        for one in updates:
            if one.release.release in self.unwritable:
                continue
            (root / f"{one.release.release}.yaml").write_text(f"tag: {one.to_version}\n")
        if self.meddling:
            await committed(self.server, "other.yaml", self.meddling.pop())
        made = [one for one in updates if one.release.release not in self.unwritable]
        return Written(frozenset(f"{one.release.release}.yaml" for one in made), frozenset(made))

    async def propose(self, **settings: bool) -> dict[str, Fate]:
        return {one.group: one.fate for one in await self.proposed(**settings)}

    async def proposed(self, *, direct: bool = False, auto_merge: bool = False) -> tuple[Proposed, ...]:
        settings = Proposals(author=ANN, direct=direct, auto_merge=auto_merge)
        forge = None if direct else self.forge
        copy = copy_of(self.server)
        try:
            return await Proposing(copy, forge, settings, self.clock, self.decide, self.change, Random(1)).propose()
        finally:
            await copy.close()

    async def at(self, branch: str, file: str = "web.yaml") -> str:
        return await git(self.server, "show", f"{branch}:{file}")

    async def branches(self) -> list[str]:
        return (await git(self.server, "for-each-ref", "--format=%(refname:short)", "refs/heads/fairlead")).split()


@pytest.fixture
async def server(tmp_path: Path) -> Path:
    return await bare_repository(tmp_path)


@pytest.fixture
def team(server: Path) -> Team:
    return Team(server, wanted={"web": "2"})


async def test_an_update_becomes_a_branch_and_a_pull_request(team: Team) -> None:
    (done,) = await team.proposed()

    assert (done.fate, done.branch) == (Fate.OPENED, "fairlead/web")
    assert await team.at("fairlead/web") == "tag: 2"
    assert await team.at("main") == "tag: 1"
    (request,) = team.forge.requests.values()
    assert (request.branch, request.url) == ("fairlead/web", done.url)


async def test_doing_it_again_changes_nothing(team: Team) -> None:
    await team.propose()
    before = await git(team.server, "rev-parse", "fairlead/web")

    assert await team.propose() == {"web": Fate.CURRENT}

    assert await git(team.server, "rev-parse", "fairlead/web") == before
    assert team.forge.events == ["create fairlead/web into main"]


async def test_a_newer_version_goes_into_the_same_request(team: Team) -> None:
    await team.propose()
    team.wanted["web"] = "3"

    assert await team.propose() == {"web": Fate.UPDATED}

    assert await team.at("fairlead/web") == "tag: 3"
    assert len(team.forge.requests) == 1


async def test_an_unrelated_commit_on_the_base_moves_nothing(team: Team) -> None:
    await team.propose()
    await committed(team.server, "other.yaml", "x")

    assert await team.propose() == {"web": Fate.CURRENT}


async def test_a_stale_branch_is_put_on_top_of_the_base(team: Team) -> None:
    await team.propose()
    base = await committed(team.server, "web.yaml", "tag: 1.5\n")

    assert await team.propose() == {"web": Fate.UPDATED}

    assert await git(team.server, "rev-parse", "fairlead/web~1") == base


async def test_what_is_outdated_is_closed(team: Team) -> None:
    await team.propose()
    await committed(team.server, "web.yaml", "tag: 2\n")
    team.settled = {"web"}

    assert await team.propose() == {"web": Fate.CLOSED}

    assert team.forge.requests == {}
    assert await team.branches() == []


async def test_what_nobody_looked_at_is_not_outdated(team: Team) -> None:
    await team.propose()
    team.wanted = {}

    assert await team.propose() == {}

    assert await team.branches() == ["fairlead/web"]


@pytest.mark.parametrize("is_deleted", [False, True], ids=["branch kept", "branch deleted"])
async def test_what_people_declined_is_not_asked_again_until_it_is_another(team: Team, is_deleted: bool) -> None:
    await team.propose()
    team.forge.decline("fairlead/web")
    if is_deleted:
        await git(team.server, "branch", "--quiet", "-D", "fairlead/web")

    assert await team.propose() == {"web": Fate.DECLINED}
    await committed(team.server, "web.yaml", "tag: 1.5\n")  # on another base it is still the same
    assert await team.propose() == {"web": Fate.DECLINED}
    assert await team.branches() == ([] if is_deleted else ["fairlead/web"])
    team.wanted["web"] = "3"
    assert await team.propose() == {"web": Fate.OPENED}


async def test_what_was_closed_as_outdated_may_be_asked_for_again(team: Team) -> None:
    await team.propose()
    base = await git(team.server, "rev-parse", "main")
    await committed(team.server, "web.yaml", "tag: 2\n")
    team.settled = {"web"}
    assert await team.propose() == {"web": Fate.CLOSED}
    await git(team.server, "update-ref", "refs/heads/main", base)

    team.settled = set()
    assert await team.propose() == {"web": Fate.OPENED}


async def test_a_run_killed_before_the_request_was_opened_is_followed_by_one_that_opens_it(team: Team) -> None:
    await team.propose()
    team.forge.requests.clear()

    assert await team.propose() == {"web": Fate.OPENED}


async def test_a_branch_on_which_somebody_committed_is_left_alone(team: Team) -> None:
    await team.propose()
    clone = team.server.parent / "reviewer"
    await git(team.server.parent, "clone", "--quiet", "--branch", "fairlead/web", str(team.server), str(clone))
    (clone / "web.yaml").write_text("tag: 2 # looked at\n")
    await git(clone, "commit", "--quiet", "-am", "comment")
    await git(clone, "push", "--quiet")
    team.wanted["web"] = "3"

    assert await team.propose() == {"web": Fate.FOREIGN}
    team.settled = {"web"}
    team.wanted = {}
    await team.propose()

    assert await team.at("fairlead/web") == "tag: 2 # looked at"


async def test_requests_can_be_merged_by_themselves(team: Team) -> None:
    await team.propose(auto_merge=True)
    assert team.forge.events == ["create fairlead/web into main", "merge fairlead/web when checked"]

    await team.propose(auto_merge=True)  # after a kill in between nobody would have asked
    assert team.forge.events[2:] == ["merge fairlead/web when checked"]


async def test_what_the_forge_will_not_merge_stops_no_other(team: Team) -> None:
    team.wanted = {"api": "2", "web": "2"}
    team.forge.unmergeable.add("fairlead/api")

    with pytest.raises(OperationFailed) as caught:
        await team.propose(auto_merge=True)

    assert [problem.code for problem in caught.value.problems] == ["notMerged"]
    assert sorted(await team.branches()) == ["fairlead/api", "fairlead/web"]
    assert team.forge.events[-1] == "merge fairlead/web when checked"


async def test_what_changes_no_file_is_no_request(team: Team) -> None:
    team.unwritable = {"web"}

    assert await team.propose() == {"web": Fate.NOTHING}
    assert await team.propose(direct=True) == {"web": Fate.NOTHING}
    assert await team.branches() == []


@pytest.mark.parametrize(("direct", "fate"), [(False, Fate.OPENED), (True, Fate.COMMITTED)])
async def test_of_a_group_nothing_is_claimed_that_was_not_written(team: Team, direct: bool, fate: Fate) -> None:
    async def both(root: Path) -> Decided:
        del root
        return Decided((Group("shop", (update("api", to="7"), update("web", to="2"))),))

    team.decide, team.unwritable = both, {"api"}  # type: ignore[method-assign] # two updates in one group

    done = {one.fate: [each.release.release for each in one.updates] for one in await team.proposed(direct=direct)}

    assert done == {fate: ["web"], Fate.NOTHING: ["api"]}
    message = await git(team.server, "log", "-1", "--format=%B", "main" if direct else "fairlead/shop")
    bodies = [request.body for request in team.forge.requests.values()]
    assert all("web" in text and "api" not in text for text in (message, *bodies))


async def test_a_direct_change_is_one_commit_for_everything(team: Team) -> None:
    team.wanted = {f"app{number}": "2" for number in range(90)}

    assert set((await team.propose(direct=True)).values()) == {Fate.COMMITTED}

    assert await git(team.server, "rev-list", "--count", "main") == "2"
    assert await team.at("main", "app89.yaml") == "tag: 2"
    assert await team.propose(direct=True) == {}


async def test_a_lost_race_is_run_again_on_what_is_there(team: Team) -> None:
    team.meddling = ["a", "b"]

    assert await team.propose(direct=True) == {"web": Fate.COMMITTED}

    log = (await git(team.server, "log", "--format=%an", "main")).split()
    assert log == ["Ann", "Bob", "Bob", "Bob"]
    assert len(team.clock.slept) == 2


async def test_losing_for_ever_is_an_error_and_loses_nothing_of_others(team: Team) -> None:
    team.meddling = [str(number) for number in range(TRIES)]

    with pytest.raises(OperationFailed) as caught:
        await team.propose(direct=True)

    assert caught.value.code == "raceLost"
    assert TRIES <= 5  # F17
    assert await git(team.server, "rev-list", "--count", "main") == str(1 + TRIES)


async def test_many_bots_and_a_person_lose_no_commit(server: Path) -> None:
    """F17: all at once; afterwards every change is there, and the history is one line of all of them."""
    person, bots = Person(server), [Bot(server, f"app{number}", SystemClock()) for number in range(20)]
    pushing = asyncio.ensure_future(person.push())

    await asyncio.gather(*(bot.commit() for bot in bots))
    person.done.set()
    await pushing

    names = (await git(server, "ls-tree", "--name-only", "main")).split()
    assert sorted(names) == sorted(["web.yaml", *(f"{bot.name}.yaml" for bot in bots)])
    assert await git(server, "rev-list", "--count", "main") == str(1 + len(bots) + person.pushed)
    assert await git(server, "rev-list", "--count", "--merges", "main") == "0"
    log = (await git(server, "log", "--reverse", "--format=%s", "--grep=by hand", "main")).splitlines()
    assert log == [f"by hand {number}" for number in range(person.pushed)]
