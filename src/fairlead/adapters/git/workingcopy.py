"""The `WorkingCopy` port on the `git` program: a clone in the cache, one process at a time, thrown away when broken.

What a repository could make Git run is off: hooks, filters from outside, submodules, prompts. Its objects are checked
as they arrive. Whether a refused push lost a race is seen by looking at the server again, since each server words its
refusals differently.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from fairlead.adapters.git.remotes import Remote
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.joining import joined
from fairlead.domain.pullrequests.groups import PREFIX
from fairlead.domain.upgrades.proposals import Author
from fairlead.doors.process import Finished, Program, ProgramFailed, run
from fairlead.ports.workingcopy import RemoteBranch

_OPTIONS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.autocrlf=false",  # bytes are kept as they are
    "core.symlinks=true",
    "fetch.fsckObjects=true",
    "gc.auto=0",
    "http.followRedirects=false",
    "maintenance.auto=false",
    "submodule.recurse=false",
)
# Stronger than any attributes in the repository: files are the bytes that were committed, and no filter runs.
_ATTRIBUTES = "* -text !eol !ident !filter !working-tree-encoding !diff\n"
_TIMEOUT = 300.0  # seconds for one call of git
_REMOTE = "refs/remotes/origin/"


class GitWorkingCopy:
    """A clone in `directory`. `environ` is what of the operator's environment Git may see."""

    def __init__(
        self, git: Path, directory: Path, remote: Remote, *, author: Author, environ: Mapping[str, str]
    ) -> None:
        self._git = git
        self._directory = directory
        self._remote = remote
        self._author = author
        self._env = {
            **environ,
            **remote.environment(),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        self._base = ""
        self._lock: int | None = None

    @property
    def root(self) -> Path:
        """Where the files are."""
        return self._directory

    async def refresh(self, base: str | None) -> str:
        """Make the files those of the server's branch `base`; see the port."""
        self._take()
        self._base = base or await self._default_branch()
        try:
            await self._fetched()
        except ProgramFailed as error:
            if not await self._has_branch(self._base):
                raise self._missing(self._base) from error
            # A clone is a cache: one that was killed half-way or lost objects is made again, once.
            shutil.rmtree(self._directory, ignore_errors=True)
            try:
                await self._fetched()
            except ProgramFailed as again:
                raise self._failed(again) from again
        return self._base

    async def close(self) -> None:
        """Let others use it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take(self) -> None:
        """Two processes in one clone would commit each other's files."""
        if self._lock is not None:
            return
        self._directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(f"{self._directory}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            message = "another process of this machine proposes updates of the same repository"
            raise OperationFailed(Problem("copyBusy", message, remedy="wait until it has ended")) from None
        self._lock = descriptor

    async def _fetched(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (self._directory / ".git").is_dir():
            await self._run("init", "--quiet", "--template=")
        attributes = self._directory / ".git" / "info" / "attributes"
        attributes.parent.mkdir(exist_ok=True)
        attributes.write_text(_ATTRIBUTES)
        (self._directory / ".git" / "index.lock").unlink(missing_ok=True)
        wanted = [f"+refs/heads/{name}:{_REMOTE}{name}" for name in (self._base, f"{PREFIX}*")]
        await self._run("fetch", "--quiet", "--prune", "--no-tags", "origin", *wanted)
        await self.restore()

    async def branches(self) -> tuple[RemoteBranch, ...]:
        """Return the server's branches that are ours, as of the last refresh."""
        # An address may hold blanks, and so what looks like another field: nothing that strangers write is split.
        form = "--format=%(objectname)%00%(parent)%00%(refname)%00%(committeremail:trim)"
        listed = await self._run("for-each-ref", form, f"{_REMOTE}{PREFIX.rstrip('/')}")
        found = []
        for line in listed.stdout.decode(errors="replace").splitlines():
            commit, parents, ref, by = line.split("\0")
            changed = await self._run("diff-tree", "-r", "-z", "--name-only", "--no-commit-id", "--root", commit)
            files = frozenset(name for name in changed.stdout.decode(errors="replace").split("\0") if name)
            parent = parents.partition(" ")[0] or None
            found.append(RemoteBranch(ref.removeprefix(_REMOTE), commit, parent, files, by))
        return tuple(found)

    async def show(self, branch: RemoteBranch) -> None:
        """Make the files those of a branch of ours; what comes next starts from the base again after `restore`."""
        await self._run("checkout", "--quiet", "--force", "--detach", branch.commit, "--")

    async def restore(self) -> None:
        """Make the files those of the base again."""
        await self._run("checkout", "--quiet", "--force", "--detach", f"{_REMOTE}{self._base}", "--")
        await self._run("clean", "--quiet", "-ffdx")

    async def stands_on(self, commit: str) -> bool:
        """Tell whether a commit belongs to the base."""
        arguments = ("merge-base", "--is-ancestor", commit, f"{_REMOTE}{self._base}")
        return (await self._run(*arguments, accepted=range(256))).exit_code == 0

    async def touched(self, since: str, files: Collection[str]) -> bool:
        """Tell whether one of these files, one at least, changed on the base after a commit that belongs to it."""
        return not await self.same(since, f"{_REMOTE}{self._base}", files)

    async def same(self, one: str, other: str, files: Collection[str]) -> bool:
        """Tell whether two commits have the same in these files, one at least."""
        assert files  # no files would mean all files to git
        return (await self._run("diff", "--quiet", one, other, "--", *files, accepted=range(2))).exit_code == 0

    async def commit(self, files: Collection[str], message: str) -> str:
        """Commit these changed files on top of the base and return the commit; other changes are dropped."""
        author = self._author
        await self._run("add", "--", *files)
        options = [f"user.name={author.name}", f"user.email={author.email}"]
        if author.signing is not None:
            options += [f"gpg.format={author.signing.form}", f"user.signingKey={author.signing.key}"]
        sign = "--gpg-sign" if author.signing is not None else "--no-gpg-sign"
        arguments = ("commit", "--quiet", "--no-verify", "--cleanup=whitespace", sign, "--file=-")
        try:
            await self._run(*arguments, options=options, stdin=message.encode())
        except ProgramFailed as error:
            raise self._failed(error) from error
        made = await self._run("rev-parse", "--verify", "HEAD")
        await self.restore()
        return made.stdout.decode().strip()

    async def push(self, commit: str, branch: str, expected: str | None) -> bool:
        """Make a branch of ours point to a commit; False when it is no longer at `expected` (None: absent)."""
        return await self._pushed(f"{commit}:refs/heads/{branch}", branch, expected, forced=True)

    async def push_base(self, commit: str) -> bool:
        """Add a commit to the base branch; False when somebody else was faster."""
        known = await self._run("rev-parse", "--verify", f"{_REMOTE}{self._base}")
        expected = known.stdout.decode().strip()
        return await self._pushed(f"{commit}:refs/heads/{self._base}", self._base, expected, forced=False)

    async def delete(self, branch: RemoteBranch) -> bool:
        """Remove a branch of ours; False when it has moved."""
        return await self._pushed(f":refs/heads/{branch.name}", branch.name, branch.commit, forced=True)

    async def _pushed(self, refspec: str, branch: str, expected: str | None, *, forced: bool) -> bool:
        lease = (f"--force-with-lease=refs/heads/{branch}:{expected or ''}",) if forced else ()
        try:
            await self._run("push", "--porcelain", "--no-verify", *lease, "origin", refspec)
        except ProgramFailed as error:
            if await self._at_server(branch) != expected:
                return False
            raise OperationFailed(
                Problem(
                    "pushRefused",
                    f"{self._remote.shown} refuses a push to {branch}: {_words(error)}",
                    remedy="check the rules of the branch and the rights of the token",
                )
            ) from error
        return True

    async def _at_server(self, branch: str) -> str | None:
        listed = await self._asked("ls-remote", "origin", f"refs/heads/{branch}")
        return listed.stdout.decode().partition("\t")[0] or None

    async def _has_branch(self, branch: str) -> bool:
        return await self._at_server(branch) is not None

    async def _default_branch(self) -> str:
        listed = await self._asked("ls-remote", "--symref", "origin", "HEAD")
        first = listed.stdout.decode().partition("\n")[0]
        if not first.startswith("ref: refs/heads/"):
            raise self._missing("HEAD")
        return first.removeprefix("ref: refs/heads/").partition("\t")[0]

    async def _asked(self, *arguments: str) -> Finished:
        """Ask the server; there may be no clone yet."""
        self._directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            return await self._run(*arguments, cwd=self._directory.parent)
        except ProgramFailed as error:
            raise self._failed(error) from error

    async def _run(
        self,
        *arguments: str,
        options: Iterable[str] = (),
        stdin: bytes = b"",
        accepted: range = range(1),
        cwd: Path | None = None,
    ) -> Finished:
        settings = [part for setting in (*_OPTIONS, *options) for part in ("-c", setting)]
        argv = (str(self._git), "--no-pager", *settings, *arguments)
        return await run(
            Program(
                argv,
                cwd=cwd or self._directory,
                env=self._env,
                stdin=stdin,
                timeout=_TIMEOUT,
                accepted=frozenset(accepted),
                secrets=self._remote.secrets,
            )
        )

    def _missing(self, branch: str) -> OperationFailed:
        message = f"{self._remote.shown} has no branch {branch}"
        return OperationFailed(Problem("branchMissing", message, remedy="name the base branch in `updates.base`"))

    def _failed(self, error: ProgramFailed) -> OperationFailed:
        message = f"git cannot use {self._remote.shown}: {_words(error)}"
        return OperationFailed(Problem("gitFailed", message, remedy="check the address, the token and the network"))


def _words(error: ProgramFailed) -> str:
    """Return what git or the server said, as one printable line of bounded length."""
    lines = [line.removeprefix("remote:").strip() for line in error.stderr.splitlines()]
    text = joined(lines) or f"exit code {error.program_exit_code}"
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:500]
