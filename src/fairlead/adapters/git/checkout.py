"""The `Source` port on the `git` program.

A repository's own configuration can name programs to run (hooks, fsmonitor, filters). So hooks and fsmonitor are off,
nothing is fetched or prompted for, and Git's check of who owns the checkout stays in force for whatever reads files.
The system's and the operator's Git configuration count: that is where `safe.directory` is set.
"""

from __future__ import annotations

import re
from pathlib import Path

from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.domain.identity import Commit
from fairlead.doors.process import Program, locate, run
from fairlead.settings import Settings

_COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_OPTIONS = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "safe.bareRepository=explicit")
_NOTHING = Commit(None, dirty=False)


class GitCheckout:
    """Asks Git what is checked out. Without Git, or outside of a repository, there is no commit."""

    def __init__(self, settings: Settings) -> None:
        self._git = locate("git", search_path=settings.search_path)
        # None of the variables that a hook or a rebase sets (GIT_DIR, GIT_INDEX_FILE): they would lead elsewhere.
        kept = ("PATH", "HOME", "XDG_CONFIG_HOME")
        self._env = {name: settings.environ[name] for name in kept if name in settings.environ} | {
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }

    async def commit(self, root: str) -> Commit:
        """Return the commit at `root`; files below it that Git cannot vouch for count as changed."""
        if self._git is None:
            return _NOTHING
        # Asking for the commit runs nothing that a repository could name, whoever owns it.
        head = await run(self._program(root, "rev-parse", "--verify", "HEAD", trusted=True, accepted=range(256)))
        name = head.stdout.strip()
        if head.exit_code != 0 or not _COMMIT.fullmatch(name):
            return _NOTHING
        try:
            status = await run(self._program(root, "status", "--porcelain", "--untracked-files=normal", "--", "."))
        except OperationFailed:
            return Commit(name.decode(), dirty=True)
        return Commit(name.decode(), dirty=bool(status.stdout))

    async def is_ancestor(self, root: str, older: str, newer: str) -> bool:
        """Return whether a commit comes before another; what comes from a cluster is checked to be a name first."""
        if self._git is None or not all(_COMMIT.fullmatch(name.encode()) for name in (older, newer)):
            return False
        arguments = ("merge-base", "--is-ancestor", older, newer)
        return (await run(self._program(root, *arguments, trusted=True, accepted=range(256)))).exit_code == 0

    async def origin(self, root: str) -> tuple[Path, str]:
        """Return the top of the checkout that `root` lies in, and the address of its remote `origin`.

        Raises:
            InputError: it is no checkout, or has no such remote (`noRemote`).
        """
        asked = (("rev-parse", "--show-toplevel"), ("remote", "get-url", "origin"))
        found = []
        for arguments in asked:
            done = await run(self._program(root, *arguments, trusted=True, accepted=range(256))) if self._git else None
            if done is None or done.exit_code != 0:
                message = "the declared files lie in no Git checkout with a remote `origin`"
                raise InputError(Problem("noRemote", message, remedy="run it in a clone of the repository"))
            found.append(done.stdout.decode(errors="surrogateescape").strip())
        return Path(found[0]), found[1]

    def _program(self, root: str, *arguments: str, trusted: bool = False, accepted: range = range(1)) -> Program:
        settings = (*_OPTIONS, f"safe.directory={Path(root).resolve()}") if trusted else _OPTIONS
        options = [part for setting in settings for part in ("-c", setting)]
        argv = (str(self._git), "--no-pager", *options, "-C", root, *arguments)
        return Program(argv, env=self._env, accepted=frozenset(accepted))
