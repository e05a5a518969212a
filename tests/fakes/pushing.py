"""Who pushes to one branch of a real repository: bots with a change each, and a person who never pauses for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from fairlead.domain.errors import OperationFailed
from fairlead.domain.pullrequests.groups import Group
from fairlead.domain.upgrades.proposals import Author, Proposals
from fairlead.domain.upgrades.updates import Update
from fairlead.pipeline.upgrades.pullrequests import Decided, Proposing, Written
from fairlead.ports.clock import Clock
from tests.domain.pullrequests.updates import update
from tests.fakes.bare_repository import copy_of, git

PAUSE = 0.2  # seconds between the person's pushes
BOT = Author("Bot", "bot@example.org")


@dataclass
class Bot:
    """One change of one file of its own."""

    server: Path
    name: str
    clock: Clock
    runs: int = 0
    seconds: float = 0.0

    async def decide(self, root: Path) -> Decided:
        is_done = (root / f"{self.name}.yaml").exists()
        return Decided(() if is_done else (Group(self.name, (update(self.name, to="2"),)),))

    async def change(self, root: Path, updates: Sequence[Update]) -> Written:
        (root / f"{self.name}.yaml").write_text(f"tag: {updates[0].to_version}\n")
        return Written(frozenset({f"{self.name}.yaml"}), frozenset(updates))

    async def commit(self) -> None:
        """Run until it is committed."""
        started = time.perf_counter()
        while True:
            self.runs += 1
            copy = copy_of(self.server, BOT, self.server.parent / self.name)
            settings, chance = Proposals(author=BOT, direct=True), Random(self.name)
            try:
                await Proposing(copy, None, settings, self.clock, self.decide, self.change, chance).propose()
            except OperationFailed as error:
                if error.code != "raceLost":
                    raise
            else:
                break
            finally:
                await copy.close()
        self.seconds = time.perf_counter() - started


@dataclass
class Person:
    """Pushes to the branch again and again."""

    server: Path
    pushed: int = 0
    lost: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def push(self) -> None:
        """Push every 200 ms until it is done; what loses a race is rebased, as people do."""
        clone = self.server.parent / "person"
        await git(self.server.parent, "clone", "--quiet", str(self.server), str(clone))
        due = time.perf_counter()
        while not self.done.is_set():
            due += PAUSE
            await git(clone, "commit", "--quiet", "--allow-empty", "-m", f"by hand {self.pushed}")
            while not await self._pushed(clone):
                self.lost += 1
            self.pushed += 1
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async def _pushed(self, clone: Path) -> bool:
        try:
            await git(clone, "push", "--quiet", "origin", "HEAD:main")
        except OperationFailed:
            await git(clone, "pull", "--quiet", "--rebase", "origin", "main")
            return False
        return True
