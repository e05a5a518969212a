"""A bare repository as a server has it, with one commit, and people who use it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from fairlead.adapters.git.remotes import Remote
from fairlead.adapters.git.workingcopy import GitWorkingCopy
from fairlead.domain.upgrades.proposals import Author
from fairlead.doors.process import Program, run

PATH = os.environ.get("PATH", os.defpath)  # noqa: TID251 - the test starts git itself
GIT = Path(shutil.which("git", path=PATH) or "git")
ANN = Author("Ann", "ann@shop.test")


async def git(directory: Path, *arguments: str) -> str:
    """Run git as a person with a checkout would."""
    identity = ("-c", "user.name=Bob", "-c", "user.email=bob@shop.test", "-c", "init.defaultBranch=main")
    env = {"PATH": PATH, "HOME": str(directory), "GIT_CONFIG_NOSYSTEM": "1"}
    return (
        (await run(Program((str(GIT), "-C", str(directory), *identity, *arguments), env=env))).stdout.decode().strip()
    )


async def committed(server: Path, file: str, text: str, branch: str = "main") -> str:
    """Commit a file as somebody else, and return the commit."""
    clone = server.parent / "somebody"
    shutil.rmtree(clone, ignore_errors=True)
    await git(server.parent, "clone", "--quiet", str(server), str(clone))
    if branch != "main":
        await git(clone, "checkout", "--quiet", "-B", branch)
    (clone / file).parent.mkdir(parents=True, exist_ok=True)
    (clone / file).write_text(text)
    await git(clone, "add", "--", file)
    await git(clone, "commit", "--quiet", "-m", f"change {file}")
    await git(clone, "push", "--quiet", "--force", "origin", f"HEAD:{branch}")
    return await git(clone, "rev-parse", "HEAD")


async def committed_first(server: Path) -> None:
    clone = server.parent / "first"
    clone.mkdir()
    await git(clone, "init", "--quiet")
    (clone / "web.yaml").write_text("tag: 1\n")
    await git(clone, "add", ".")
    await git(clone, "commit", "--quiet", "-m", "first")
    await git(clone, "push", "--quiet", str(server), "HEAD:refs/heads/main")
    await git(server, "symbolic-ref", "HEAD", "refs/heads/main")


async def bare_repository(folder: Path) -> Path:
    """Make the repository in a folder, and return where it is."""
    server = folder / "server.git"
    server.mkdir()
    await git(server, "init", "--quiet", "--bare")
    await committed_first(server)
    return server


def copy_of(server: Path, author: Author = ANN, directory: Path | None = None) -> GitWorkingCopy:
    environ = {"PATH": PATH, "HOME": str(server.parent)}
    where = directory or server.parent / "copy"
    return GitWorkingCopy(GIT, where, Remote(str(server)), author=author, environ=environ)


async def changed(copy: GitWorkingCopy, text: str, message: str = "change") -> str:
    (copy.root / "web.yaml").write_text(text)
    return await copy.commit(["web.yaml"], message)
