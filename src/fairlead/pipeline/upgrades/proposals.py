"""Decides updates on the files of a working copy, for whoever proposes them.

A poll sees everything that it was asked about, so what it finds nothing for is settled. An announcement sees one
version: what a group's branch proposed before stays part of it, and the announced version is weighed against that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from fairlead.domain.config import Declaration
from fairlead.domain.errors import FairleadError
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.images import parse_image
from fairlead.domain.pullrequests.groups import branch_of, grouped
from fairlead.domain.pullrequests.messages import Origins
from fairlead.domain.pullrequests.naming import Names, group_names, name_of
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.updates import Holds, Update, Upgrades
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.load import Loaded
from fairlead.pipeline.upgrades.patching import Patching
from fairlead.pipeline.upgrades.pullrequests import Decided, Proposed, Proposing, Written
from fairlead.pipeline.upgrades.upgrading import Upgrading
from fairlead.pipeline.upgrades.watching import Watch, watches
from fairlead.ports.clock import Clock
from fairlead.ports.hosting import Hosting
from fairlead.ports.registry import Registry
from fairlead.ports.workingcopy import RemoteBranch, WorkingCopy

Choose = Callable[[Loaded], Sequence[Target]]
Find = Callable[[Upgrading, Sequence[Target]], Awaitable[Upgrades]]
Reopen = Callable[[Path], tuple[Loaded, Upgrading]]
Changed = tuple[ReleaseKey, str]
_BEFORE = "proposed before"


@dataclass(slots=True)
class Deciding:
    """Decisions of one run. `found` is what the last one was made of.

    `prefix` leads to the declared files in the copy, `file` is the environments file there. `reopen` reads a copy,
    `choose` says which releases are meant, and `find` what they want. `settles`: everything was looked at that `choose`
    gives.
    """

    copy: WorkingCopy
    prefix: str
    file: str
    reopen: Reopen
    choose: Choose
    find: Find
    registry: Callable[[], Awaitable[Registry]]
    environ: Mapping[str, str] = field(repr=False)
    settles: bool = False
    found: Upgrades = field(default_factory=Upgrades)

    async def decide(self, root: Path) -> Decided:
        """Return what is wanted on the files as they are."""
        loaded, upgrading = self.reopen(root / self.prefix)
        targets = self.choose(loaded)
        self.found = await self.find(upgrading, targets)
        names = group_names(loaded.declaration.environments)
        updates = self.found.updates
        if not self.settles:
            updates = await self._with_earlier(updates, names, upgrading)
        groups = grouped(updates, {update: name_of(update, names) for update in updates})
        wanted = {group.name for group in groups}
        settled = self._settled(names, targets) - wanted if self.settles else frozenset()
        return Decided(groups, settled, await self._origins(updates))

    async def change(self, root: Path, updates: Sequence[Update]) -> Written:
        """Write updates into the files of the copy, as far as that is right for all who share them."""
        inner = root / self.prefix
        patched = await Patching(inner / self.file, inner, self.environ).patch(updates)
        changed = {one.update: one.file for one in patched if one.changed and one.file is not None}
        files = frozenset(PurePosixPath(self.prefix, file).as_posix() for file in changed.values())
        return Written(files, frozenset(changed))

    def _settled(self, names: Names, targets: Sequence[Target]) -> frozenset[str]:
        """Return the groups of which every release was looked at, and none of them in vain."""
        seen = {target.key for target in targets} - {one.release for one in self.found.skipped}
        open_groups = {name for (release, _), name in names.items() if release not in seen}
        return frozenset(names.values()) - open_groups

    async def _with_earlier(self, updates: Sequence[Update], names: Names, upgrading: Upgrading) -> tuple[Update, ...]:
        """Return updates with what the branches of their groups proposed before, each the newer of both."""
        branches = {branch.name: branch for branch in await self.copy.branches()}
        merged = list(updates)
        for name in dict.fromkeys(name_of(update, names) for update in updates):
            branch = branches.get(branch_of(name))
            if branch is not None:
                earlier = [one for one in await self._on(branch, upgrading) if name_of(one, names) == name]
                others = [one for one in merged if name_of(one, names) != name]
                merged = [*others, *(earlier or (one for one in merged if name_of(one, names) == name))]
        return tuple(merged)

    async def _on(self, branch: RemoteBranch, upgrading: Upgrading) -> list[Update]:
        """Return the updates from the base to a branch, with what is found on top of the branch."""
        base = await _standing(upgrading, self.choose(self.reopen(self.copy.root / self.prefix)[0]))
        await self.copy.show(branch)
        try:
            loaded, there = self.reopen(self.copy.root / self.prefix)
            targets = self.choose(loaded)
            on_top = {_changed(one): one for one in (await self.find(there, targets)).updates}
            proposed = await _standing(there, targets)
        except FairleadError:  # what the branch holds cannot be read: what is found on the base replaces it
            on_top, proposed = {}, {}
        finally:
            await self.copy.restore()
        return [
            _update(base[key], proposed[key], on_top.get(key))
            for key in base
            if key in proposed and (key in on_top or proposed[key].standing.text != base[key].standing.text)
        ]

    async def _origins(self, updates: Iterable[Update]) -> dict[str, Origins]:
        """Return what the labels of images say; whoever cannot be asked is left out, since they only explain."""
        images = {one.subject: one for one in updates if one.standing.holds is not Holds.CHART_VERSION}
        found = await at_once(self._origin(one) for one in images.values())
        return {subject: one for subject, one in zip(images, found, strict=True) if one is not None}

    async def _origin(self, update: Update) -> Origins | None:
        try:
            registry, image = await self.registry(), parse_image(update.subject).name
            old, new = await at_once(registry.facts(image, tag) for tag in (update.from_version, update.to_version))
        except FairleadError:
            return None
        return Origins(old.labels, new.labels)


async def _standing(upgrading: Upgrading, targets: Sequence[Target]) -> dict[Changed, Watch]:
    found = await watches(targets, upgrading.rendering)
    return {(one.release, one.standing.key): one for one in found if isinstance(one, Watch)}


def _changed(update: Update) -> Changed:
    return update.release, update.standing.key


def _update(base: Watch, proposed: Watch, on_top: Update | None) -> Update:
    """Return the update from the base to the newest that is known: found on top, or proposed before."""
    if on_top is not None:
        return replace(on_top, standing=base.standing, from_version=base.current, from_digest=base.digest)
    return Update(
        base.release,
        base.standing,
        base.subject_name,
        base.current,
        proposed.current,
        str(base.policy),
        _BEFORE,
        digest=proposed.digest,
        from_digest=base.digest,
    )


@dataclass(frozen=True, slots=True)
class Proposer:
    """Finds updates on what the repository holds now, and proposes them. `reopen` reads what is declared elsewhere."""

    hosting: Callable[[], Awaitable[Hosting]]
    reopen: Reopen
    registry: Callable[[], Awaitable[Registry]]
    clock: Clock
    environ: Mapping[str, str] = field(repr=False)

    async def propose(
        self, declaration: Declaration, choose: Choose, find: Find, *, settles: bool
    ) -> tuple[Upgrades, tuple[Proposed, ...]]:
        """Return what is wanted, and what became of it as branches and pull requests, or commits.

        Raises:
            InputError: it is not known where to, or as whom.
            OperationFailed: what git and the forge say, or every try lost a race (`raceLost`).
        """
        settings = declaration.proposals
        hosted = await (await self.hosting()).open(settings)
        try:
            deciding = Deciding(
                hosted.copy,
                hosted.prefix,
                declaration.file,
                self.reopen,
                choose,
                find,
                self.registry,
                self.environ,
                settles,
            )
            run = Proposing(hosted.copy, hosted.forge, settings, self.clock, deciding.decide, deciding.change)
            proposed = await run.propose()
        finally:
            await hosted.copy.close()
            if hosted.forge is not None:
                await hosted.forge.close()
        return deciding.found, proposed
