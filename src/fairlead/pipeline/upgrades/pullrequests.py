"""From decided updates to commits and pull requests, in a working copy of our own.

Whoever loses a race against another push fetches, decides again on what is there now, and pushes again: a decision is
never carried over to files that it was not made for. Running it again is always safe; it finds its own branches.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final

from fairlead.domain.errors import InputError, OperationFailed, Problem, RemoteRefused
from fairlead.domain.pullrequests.groups import PREFIX, Group, branch_of
from fairlead.domain.pullrequests.messages import (
    Origins,
    asking_nothing,
    asks_the_same,
    body,
    commit_message,
    says_the_same,
    title,
)
from fairlead.domain.upgrades.proposals import Proposals
from fairlead.domain.upgrades.updates import Update
from fairlead.ports.clock import Clock
from fairlead.ports.forge import Forge, PullRequest, Wanted
from fairlead.ports.workingcopy import RemoteBranch, WorkingCopy

TRIES: Final = 5
_OUTDATED: Final = "Outdated: what this proposed is on the base branch by now, or is not wanted any more."


class Fate(StrEnum):
    """What became of a group."""

    OPENED = "opened"
    UPDATED = "updated"
    CURRENT = "current"
    COMMITTED = "committed"
    CLOSED = "closed"
    DECLINED = "declined"
    FOREIGN = "foreign"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Decided:
    """What is wanted on the files as they are: groups of updates, and groups that surely want nothing.

    `origins` are by subject what labels say of where images were built from.
    """

    groups: tuple[Group, ...]
    settled: frozenset[str] = frozenset()
    origins: Mapping[str, Origins] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What came of a group. `url` is of its pull request; `commit` is what was pushed or found."""

    group: str
    fate: Fate
    updates: tuple[Update, ...] = ()
    branch: str | None = None
    commit: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What was written into the copy: the files that changed, and the updates that they changed for."""

    files: frozenset[str] = frozenset()
    updates: frozenset[Update] = frozenset()

    def parted(self, group: Group) -> tuple[Group, tuple[Update, ...]]:
        """Return a group with what was written of it, and the rest."""
        made = tuple(one for one in group.updates if one in self.updates)
        return Group(group.name, made), tuple(one for one in group.updates if one not in self.updates)


Decide = Callable[[Path], Awaitable[Decided]]
Change = Callable[[Path, Sequence[Update]], Awaitable[Written]]


@dataclass(frozen=True, slots=True)
class Proposing:
    """Proposes updates. `decide` looks at the files of the copy, `change` writes updates there and says which it could.

    `forge` None commits to the base branch itself.
    """

    copy: WorkingCopy
    forge: Forge | None
    settings: Proposals
    clock: Clock
    decide: Decide
    change: Change
    chance: Random = field(default_factory=Random)

    async def propose(self) -> tuple[Proposed, ...]:
        """Bring branches and pull requests to what is decided.

        Raises:
            OperationFailed: every try lost a race (`raceLost`), requests will not merge by themselves (`notMerged`,
                after everything else was done), or what git and the forge say.
        """
        for attempt in range(TRIES):
            base = await self.copy.refresh(self.settings.base)
            decided = await self.decide(self.copy.root)
            done = await (_Direct(self) if self.forge is None else _Round(self, self.forge, base)).settle(decided)
            if done is not None:
                return done
            await self.clock.sleep(self.chance.uniform(0.1, 0.5) * 2**attempt)
        message = f"others pushed {TRIES} times while updates were being committed"
        raise OperationFailed(Problem("raceLost", message, remedy="run it again when it is quieter"))


@dataclass(frozen=True, slots=True)
class _Direct:
    """One commit on the base branch for everything."""

    run: Proposing

    async def settle(self, decided: Decided) -> tuple[Proposed, ...] | None:
        updates = tuple(update for group in decided.groups for update in group.updates)
        written = await self.run.change(self.run.copy.root, updates) if updates else Written()
        parted = [written.parted(group) for group in decided.groups]
        nothing = tuple(Proposed(group.name, Fate.NOTHING, left) for group, left in parted if left)
        made = [group for group, _ in parted if group.updates]
        if not made:
            return nothing
        whole = Group(", ".join(group.name for group in made), tuple(one for group in made for one in group.updates))
        commit = await self.run.copy.commit(sorted(written.files), commit_message(whole, decided.origins))
        if not await self.run.copy.push_base(commit):
            return None
        return (*(Proposed(one.name, Fate.COMMITTED, one.updates, commit=commit) for one in made), *nothing)


@dataclass(frozen=True, slots=True)
class _Change:
    """A group with what was written of it, as a commit on the base."""

    group: Group
    files: frozenset[str]
    commit: str
    origins: Mapping[str, Origins]


@dataclass(frozen=True, slots=True)
class _Round:
    """One branch and pull request for each group. `unmerged` are requests that the forge will not merge by itself."""

    run: Proposing
    forge: Forge
    base: str
    unmerged: list[Problem] = field(default_factory=list)

    async def settle(self, decided: Decided) -> tuple[Proposed, ...] | None:
        branches = {branch.name: branch for branch in await self.run.copy.branches()}
        requests = {request.branch: request for request in await self.forge.open_requests(PREFIX)}
        done: list[Proposed] = []
        for whole in decided.groups:
            written = await self.run.change(self.run.copy.root, whole.updates)
            group, left = written.parted(whole)
            if left:
                done.append(Proposed(group.name, Fate.NOTHING, left))
            if group.updates:
                commit = await self.run.copy.commit(sorted(written.files), commit_message(group, decided.origins))
                change = _Change(group, written.files, commit, decided.origins)
                found = await self._group(change, branches.get(group.branch), requests.get(group.branch))
                if found is None:
                    return None
                done.append(found)
        for name in sorted(decided.settled):
            branch = branches.get(branch_of(name))
            if branch is not None and await self._is_ours(branch):
                done.append(await self._closed(name, branch, requests.get(branch.name)))
        if self.unmerged:
            raise OperationFailed(self.unmerged)
        return tuple(done)

    async def _group(
        self, change: _Change, branch: RemoteBranch | None, request: PullRequest | None
    ) -> Proposed | None:
        group, commit = change.group, change.commit
        wanted = Wanted(group.branch, self.base, title(group), body(group, change.origins))
        if branch is not None and not await self._is_ours(branch):
            return self._told(group, Fate.FOREIGN, branch.commit, request)
        if request is None and await self._is_declined(wanted):
            return self._told(group, Fate.DECLINED, branch.commit if branch is not None else None, None)
        is_current = branch is not None and await self._is_current(branch, commit, change.files)
        if branch is not None and is_current:
            commit = branch.commit
        elif not await self.run.copy.push(commit, group.branch, branch.commit if branch is not None else None):
            return None
        return await self._requested(group, wanted, request, commit, is_current=is_current)

    async def _requested(
        self, group: Group, wanted: Wanted, request: PullRequest | None, commit: str, *, is_current: bool
    ) -> Proposed:
        if request is None:
            fate, request = Fate.OPENED, await self.forge.create(wanted)
        elif says_the_same(wanted.body, request.body):
            fate = Fate.CURRENT if is_current else Fate.UPDATED
        else:
            fate, request = Fate.UPDATED, await self.forge.update(request, wanted)
        if self.run.settings.auto_merge:
            await self._merged(request)
        return self._told(group, fate, commit, request)

    async def _merged(self, request: PullRequest) -> None:
        """Ask in every run: a new commit makes some forges forget, and right after the opening some still look."""
        try:
            await self.forge.merge_when_checked(request)
        except (InputError, RemoteRefused) as error:
            message = f"{request.url} will not be merged by itself: {error}"
            remedy = "give the base branch rules with required checks, or remove `autoMerge`; the next run asks again"
            self.unmerged.append(Problem("notMerged", message, remedy=remedy))

    async def _is_declined(self, wanted: Wanted) -> bool:
        """Whether people closed a request for the same; whether they left its branch there says nothing."""
        return any(asks_the_same(wanted.body, each.body) for each in await self.forge.declined(wanted.branch))

    async def _is_ours(self, branch: RemoteBranch) -> bool:
        """A branch on which others committed, or that stands on what is not on the base, is not ours any more."""
        is_mine = branch.by == self.run.settings.author.email
        return is_mine and branch.parent is not None and await self.run.copy.stands_on(branch.parent)

    async def _is_current(self, branch: RemoteBranch, commit: str, files: frozenset[str]) -> bool:
        """Whether a branch says what is wanted, on files that have not changed on the base since."""
        copy = self.run.copy
        if branch.parent is None or branch.files != files or await copy.touched(branch.parent, files):
            return False
        return await copy.same(branch.commit, commit, files)

    async def _closed(self, name: str, branch: RemoteBranch, request: PullRequest | None) -> Proposed:
        if request is not None:
            quiet = asking_nothing(request.body)
            if quiet != request.body:
                await self.forge.update(request, Wanted(request.branch, self.base, request.title, quiet))
            await self.forge.close_request(request, _OUTDATED)
        await self.run.copy.delete(branch)
        return Proposed(name, Fate.CLOSED, (), branch.name, branch.commit, request.url if request is not None else None)

    def _told(self, group: Group, fate: Fate, commit: str | None, request: PullRequest | None) -> Proposed:
        url = request.url if request is not None else None
        return Proposed(group.name, fate, group.updates, group.branch, commit, url)
