"""Pushing to real servers: over https with a token, over ssh with a key; and signing with a real keyring."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fairlead.adapters.git.remotes import Remote
from fairlead.adapters.git.workingcopy import GitWorkingCopy
from fairlead.domain.errors import OperationFailed
from fairlead.domain.upgrades.proposals import Author, Signing
from fairlead.doors.process import Program, run
from tests.fakes.bare_repository import ANN, GIT, PATH, changed, git
from tests.fakes.certificates import Authority
from tests.fakes.git_server import GitOverHttp, git_over_ssh
from tests.fakes.http import Answer, HttpServer, Request

TOKEN = "forge-token"


async def pushed(copy: GitWorkingCopy, server: Path) -> None:
    """A branch of ours, the base, and the end of the branch: everything that a server is asked for."""
    assert await copy.refresh(None) == "main"
    commit = await changed(copy, "tag: 2\n")
    assert await copy.push(commit, "fairlead/web", None)
    assert await copy.push_base(commit)
    assert await git(server, "rev-parse", "main") == commit
    await copy.refresh(None)
    (branch,) = await copy.branches()
    assert await copy.delete(branch)
    assert await git(server, "for-each-ref", "--format=%(refname)", "refs/heads/fairlead") == ""
    await copy.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_over_https_with_a_token(server: Path, tmp_path: Path, scheme: str) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.ca)
    handler = GitOverHttp(GIT, server.parent, "x-access-token", TOKEN)
    tls = authority.server_context("127.0.0.1") if scheme == "https" else None
    async with HttpServer(handler, tls=tls) as http:
        environ = {"PATH": PATH, "HOME": str(tmp_path), "GIT_SSL_CAINFO": str(tmp_path / "ca.pem")}
        remote = Remote(f"{http.url}/server.git", TOKEN)
        await pushed(GitWorkingCopy(GIT, tmp_path / "copy", remote, author=ANN, environ=environ), server)

        wrong = Remote(f"{http.url}/server.git", "another-token")
        copy = GitWorkingCopy(GIT, tmp_path / "other", wrong, author=ANN, environ=environ)
        with pytest.raises(OperationFailed) as caught:
            await copy.refresh(None)
        assert caught.value.code == "gitFailed"
        assert "another-token" not in str(caught.value)


async def test_a_server_whose_certificate_nobody_trusts_gets_no_token(server: Path, tmp_path: Path) -> None:
    handler = GitOverHttp(GIT, server.parent, "x-access-token", TOKEN)
    async with HttpServer(handler, tls=Authority().server_context("127.0.0.1")) as http:
        remote = Remote(f"{http.url}/server.git", TOKEN)
        copy = GitWorkingCopy(GIT, tmp_path / "copy", remote, author=ANN, environ={"PATH": PATH, "HOME": str(tmp_path)})
        with pytest.raises(OperationFailed):
            await copy.refresh(None)
        assert http.requests == []


async def test_a_server_that_sends_us_on_leads_nowhere(server: Path, tmp_path: Path) -> None:
    """S29: Git would follow to another host, and take the token along."""
    sink = HttpServer(GitOverHttp(GIT, server.parent, "x-access-token", TOKEN))
    async with sink:

        async def elsewhere(request: Request, _: object) -> Answer:
            return Answer(302, b"", {"Location": f"{sink.url}{request.path}"})

        async with HttpServer(elsewhere) as http:
            remote = Remote(f"{http.url}/server.git", TOKEN)
            environ = {"PATH": PATH, "HOME": str(tmp_path)}
            copy = GitWorkingCopy(GIT, tmp_path / "copy", remote, author=ANN, environ=environ)
            with pytest.raises(OperationFailed) as caught:
                await copy.refresh("main")
            assert http.requests != []

    assert caught.value.code == "gitFailed"
    assert sink.requests == []


@pytest.mark.parametrize("known", [True, False], ids=["known host", "unknown host"])
async def test_over_ssh_with_a_key_and_only_to_hosts_that_are_known(server: Path, tmp_path: Path, known: bool) -> None:
    key, ssh = tmp_path / "key", shutil.which("ssh", path=PATH)
    await run(Program(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)), env={"PATH": PATH}))
    async with git_over_ssh(GIT, key) as port:
        kind, public, *_ = (tmp_path / "key.pub").read_text().split()
        hosts = tmp_path / "known_hosts"
        hosts.write_text(f"[127.0.0.1]:{port} {kind} {public}\n" if known else "")
        # What a person has in ~/.ssh, which the program looks for in the home of the user, not in HOME.
        config = tmp_path / "config"
        config.write_text(f"IdentityFile {key}\nUserKnownHostsFile {hosts}\nGlobalKnownHostsFile /dev/null\n")
        programs = tmp_path / "bin"
        programs.mkdir()
        (programs / "ssh").write_text(f'#!/bin/sh\nexec {ssh} -F {config} "$@"\n')
        (programs / "ssh").chmod(0o755)
        remote = Remote(f"ssh://bot@127.0.0.1:{port}{server}")
        environ = {"PATH": f"{programs}:{PATH}", "HOME": str(tmp_path)}
        copy = GitWorkingCopy(GIT, tmp_path / "copy", remote, author=ANN, environ=environ)
        if known:
            await pushed(copy, server)
            return
        with pytest.raises(OperationFailed) as caught:
            await copy.refresh(None)
        assert caught.value.code == "gitFailed"


@pytest.fixture
async def keyring() -> AsyncIterator[dict[str, str]]:
    """A keyring with a key of Ann. Its folder has a short name, since sockets lie in it."""
    assert shutil.which("gpg", path=PATH) is not None, "there is no gpg here: scripts/packages installs it"
    with tempfile.TemporaryDirectory(prefix="gpg") as folder:
        environ = {"PATH": PATH, "HOME": folder, "GNUPGHOME": folder}
        options = ("--batch", "--quiet", "--passphrase", "")
        await run(Program(("gpg", *options, "--quick-generate-key", ANN.email, "ed25519", "sign"), env=environ))
        yield environ
        await run(Program(("gpgconf", "--kill", "all"), env=environ))


async def test_commits_can_be_signed_with_a_key_of_the_keyring(
    server: Path, tmp_path: Path, keyring: dict[str, str]
) -> None:
    author = Author(ANN.name, ANN.email, Signing("openpgp", ANN.email))
    copy = GitWorkingCopy(GIT, tmp_path / "copy", Remote(str(server)), author=author, environ=keyring)
    await copy.refresh(None)

    commit = await changed(copy, "tag: 2\n")

    argv = (str(GIT), "-C", str(copy.root), "verify-commit", "--raw", commit)
    checked = await run(Program(argv, env=keyring))
    assert b"[GNUPG:] GOODSIG" in checked.stderr
    await copy.close()
