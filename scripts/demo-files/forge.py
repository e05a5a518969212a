"""A small forge for the demo, in the place of GitHub and others: pull requests of one bare repository: REPOSITORY.

It prints its address and serves Gitea's API, and a page, until it is ended. The API is that of the tests' forge;
branches and merges are git's own. A POST to a pull request merges it.
"""

from __future__ import annotations

import asyncio
import html
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from fairlead.doors.process import Program, ProgramFailed, locate, run
from fairlead.settings import Settings
from tests.fakes.forge_server import ForgeServer, Pull
from tests.fakes.http import Answer, HttpServer, Request

_PULL = re.compile(r"/acme/deploy/pull/([0-9]+)")


@dataclass(frozen=True, slots=True)
class Site:
    """The handler of the server: a page for people, pull requests to merge, and the API for everything else."""

    repository: Path
    git: Path
    api: ForgeServer

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        """Answer one request."""
        found = _PULL.fullmatch(request.path)
        if request.path == "/":
            rows = "".join(f"<li>{html.escape(_shown(pull))}</li>" for pull in self.api.pulls)
            return Answer(body=f"<!doctype html><title>Pull requests</title><ul>{rows}</ul>".encode())
        if found is None:
            return await self.api(request, writer)
        pull = next((each for each in self.api.pulls if each.number == int(found[1])), None)
        if pull is None:
            return Answer(404)
        if request.method == "POST" and pull.is_open and not await self._merged(pull):
            return Answer(409)
        return Answer(body=f"{_shown(pull)}\n\n{pull.body}\n".encode(), headers={"Content-Type": "text/plain"})

    async def _merged(self, pull: Pull) -> bool:
        """Move the base branch to what is proposed, if nothing was committed there since, and remove the branch."""
        base, branch = f"refs/heads/{pull.base}", f"refs/heads/{pull.branch}"
        try:
            await self._git("merge-base", "--is-ancestor", base, branch)
            await self._git("update-ref", base, branch)
            await self._git("update-ref", "-d", branch)
        except ProgramFailed:
            return False
        pull.is_open, pull.is_merged = False, True
        return True

    async def _git(self, *arguments: str) -> None:
        await run(Program((str(self.git), "-C", str(self.repository), *arguments), env={}))


def _shown(pull: Pull) -> str:
    state = "merged" if pull.is_merged else "open" if pull.is_open else "closed"
    return f"#{pull.number} {pull.title} ({pull.branch}, {state})"


async def main(repository: Path) -> None:
    """Serve until the process is ended."""
    git = locate("git", search_path=Settings.from_environment().search_path)
    if git is None:
        sys.exit("the program git is not installed")
    api = ForgeServer("gitea")
    async with HttpServer(Site(repository, git, api)) as server:
        api.site = server.url
        print(server.url, flush=True)
        await asyncio.Event().wait()


asyncio.run(main(Path(sys.argv[1])))
