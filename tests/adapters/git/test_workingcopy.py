"""A working copy beside a real bare repository: races, kills, hostile content, signatures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fairlead.adapters.git.remotes import Remote
from fairlead.adapters.git.workingcopy import GitWorkingCopy
from fairlead.domain.errors import OperationFailed
from fairlead.domain.upgrades.proposals import Author, Signing
from fairlead.doors.process import Program, run
from tests.fakes.bare_repository import ANN, GIT, PATH, changed, committed, copy_of, git
from tests.fakes.http import Answer, HttpServer, Request


async def test_the_default_branch_is_the_base(server: Path) -> None:
    copy = copy_of(server)

    assert await copy.refresh(None) == "main"
    assert (copy.root / "web.yaml").read_text() == "tag: 1\n"


async def test_a_branch_is_pushed_and_seen_again(server: Path) -> None:
    copy = copy_of(server)
    await copy.refresh(None)
    commit = await changed(copy, "tag: 2\n")

    assert await copy.push(commit, "fairlead/test.web", None)

    await copy.refresh(None)
    (found,) = await copy.branches()
    assert (found.name, found.commit, found.files) == ("fairlead/test.web", commit, frozenset({"web.yaml"}))
    assert found.by == ANN.email
    assert found.parent == await git(server, "rev-parse", "main")
    assert (copy.root / "web.yaml").read_text() == "tag: 1\n"


async def test_an_address_with_blanks_is_nobody_elses_and_no_option(server: Path) -> None:
    base = await git(server, "rev-parse", "main")
    clone = server.parent / "impostor"
    await git(server.parent, "clone", "--quiet", str(server), str(clone))
    impostor = f"user.email={ANN.email} --output=canary"
    await git(clone, "-c", impostor, "commit", "--quiet", "--allow-empty", "-m", "x")
    await git(clone, "push", "--quiet", "origin", "HEAD:fairlead/web")
    copy = copy_of(server)
    await copy.refresh(None)

    (found,) = await copy.branches()

    assert found.parent == base
    assert found.by != ANN.email


async def test_attributes_of_the_repository_change_no_byte_and_run_nothing(server: Path) -> None:
    canary = server.parent / "canary"
    (server.parent / ".gitconfig").write_text(
        f'[filter "evil"]\n\tclean = touch {canary}; cat\n\tsmudge = touch {canary}; cat\n'
    )
    await committed(server, "web.yaml", "tag: 1 # $Id$\r\nother: 1\r\n")
    (server.parent / ".gitconfig").unlink()
    await committed(server, ".gitattributes", "*.yaml text eol=lf ident filter=evil working-tree-encoding=UTF-16\n")
    (server.parent / ".gitconfig").write_text(f'[filter "evil"]\n\tclean = touch {canary}; cat\n')
    copy = copy_of(server)
    await copy.refresh(None)
    file = copy.root / "web.yaml"
    assert file.read_bytes() == b"tag: 1 # $Id$\r\nother: 1\r\n"
    file.write_bytes(b"tag: 2 # $Id$\r\nother: 1\r\n")

    commit = await copy.commit(["web.yaml"], "change")

    assert await copy.push(commit, "fairlead/web", None)
    changed = await git(server, "diff", "--numstat", "main", commit)
    assert changed.split()[:2] == ["1", "1"]
    assert not canary.exists()


async def test_only_the_named_files_are_committed(server: Path) -> None:
    copy = copy_of(server)
    await copy.refresh(None)
    (copy.root / "stray").write_text("x")

    commit = await changed(copy, "tag: 2\n")

    assert await git(copy.root, "show", "--name-only", "--format=", commit) == "web.yaml"
    assert not (copy.root / "stray").exists()


async def test_names_of_files_are_no_patterns(server: Path) -> None:
    await committed(server, "a*.yaml", "1")
    await committed(server, "ab.yaml", "1")
    copy = copy_of(server)
    await copy.refresh(None)
    for name in ("a*.yaml", "ab.yaml"):
        (copy.root / name).write_text("2")

    commit = await copy.commit(["a*.yaml"], "change")

    assert await git(copy.root, "show", "--name-only", "--format=", commit) == "a*.yaml"


async def test_no_other_protocol_is_spoken_than_that_of_the_address(server: Path, tmp_path: Path) -> None:
    """S26: not even where the settings of whoever runs it lead elsewhere; there no address was checked."""
    settings = f'[url "{server}"]\n\tinsteadOf = https://git.example.org/acme/shop.git\n'
    (tmp_path / ".gitconfig").write_text(settings)
    remote, environ = Remote("https://git.example.org/acme/shop.git"), {"PATH": PATH, "HOME": str(tmp_path)}
    copy = GitWorkingCopy(GIT, tmp_path / "copy", remote, author=ANN, environ=environ)

    with pytest.raises(OperationFailed) as caught:
        await copy.refresh("main")

    assert caught.value.code == "gitFailed"
    assert "'file'" in str(caught.value)


async def test_objects_that_git_calls_dangerous_are_refused_as_they_arrive(server: Path) -> None:
    """S26: the address of a submodule that would be an option."""
    await committed(server, ".gitmodules", '[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch\n')
    copy = copy_of(server)

    with pytest.raises(OperationFailed) as caught:
        await copy.refresh(None)

    assert caught.value.code == "gitFailed"


async def test_a_lost_race_on_the_base_is_told_and_nothing_is_forced(server: Path) -> None:
    copy = copy_of(server)
    await copy.refresh(None)
    ours = await changed(copy, "tag: 2\n")
    theirs = await committed(server, "other.yaml", "x")

    assert not await copy.push_base(ours)

    assert await git(server, "rev-parse", "main") == theirs
    await copy.refresh(None)
    assert await copy.push_base(await changed(copy, "tag: 2\n"))
    assert await git(server, "rev-parse", "main~1") == theirs


async def test_a_branch_of_ours_that_somebody_moved_stays_theirs(server: Path) -> None:
    copy = copy_of(server)
    await copy.refresh(None)
    first = await changed(copy, "tag: 2\n")
    await copy.push(first, "fairlead/web", None)
    theirs = await committed(server, "web.yaml", "tag: 9\n", "fairlead/web")

    assert not await copy.push(await changed(copy, "tag: 3\n"), "fairlead/web", first)

    assert await git(server, "rev-parse", "fairlead/web") == theirs


async def test_a_branch_that_appeared_meanwhile_is_not_overwritten(server: Path) -> None:
    copy = copy_of(server)
    await copy.refresh(None)
    theirs = await committed(server, "web.yaml", "tag: 9\n", "fairlead/web")

    assert not await copy.push(await changed(copy, "tag: 2\n"), "fairlead/web", None)

    assert await git(server, "rev-parse", "fairlead/web") == theirs


async def test_a_branch_of_ours_is_replaced_and_removed(server: Path) -> None:
    copy = copy_of(server)
    await copy.refresh(None)
    first = await changed(copy, "tag: 2\n")
    await copy.push(first, "fairlead/web", None)

    assert await copy.push(await changed(copy, "tag: 3\n"), "fairlead/web", first)
    await copy.refresh(None)
    (branch,) = await copy.branches()
    assert await copy.delete(branch)
    await copy.refresh(None)
    assert await copy.branches() == ()


@pytest.mark.parametrize(
    "words",
    [
        "GH006: Protected branch update failed for refs/heads/main.",
        "GitLab: You are not allowed to push code to protected branches on this project.",
        "Gitea: Not allowed to push to protected branch main",
    ],
)
async def test_a_server_that_says_no_is_an_error_with_its_words(server: Path, words: str) -> None:
    hook = server / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho '{words}' >&2\nexit 1\n")
    hook.chmod(0o755)
    copy = copy_of(server)
    await copy.refresh(None)

    with pytest.raises(OperationFailed) as caught:
        await copy.push_base(await changed(copy, "tag: 2\n"))

    assert caught.value.code == "pushRefused"
    assert words.removesuffix(".") in str(caught.value)


@pytest.mark.parametrize("damage", ["lock", "objects", "no git", "left-over files", "half a merge"])
async def test_what_a_killed_run_left_behind_is_repaired(server: Path, damage: str) -> None:
    copy = copy_of(server)
    await copy.refresh(None)
    match damage:
        case "lock":
            (copy.root / ".git" / "index.lock").write_text("")
        case "objects":
            shutil.rmtree(copy.root / ".git" / "objects")
        case "no git":
            shutil.rmtree(copy.root / ".git")
        case "left-over files":
            (copy.root / "web.yaml").write_text("half")
            (copy.root / "ignored").mkdir()
        case _:
            (copy.root / ".git" / "MERGE_HEAD").write_text("0" * 40)

    await copy.refresh(None)

    assert (copy.root / "web.yaml").read_text() == "tag: 1\n"
    assert sorted(path.name for path in copy.root.iterdir()) == [".git", "web.yaml"]


async def test_a_rewritten_base_is_followed(server: Path) -> None:
    copy = copy_of(server)
    await committed(server, "web.yaml", "tag: 2\n")
    await copy.refresh(None)
    await git(server, "update-ref", "refs/heads/main", "main~1")

    await copy.refresh(None)

    assert (copy.root / "web.yaml").read_text() == "tag: 1\n"


async def test_a_missing_branch_or_server_is_an_error(server: Path) -> None:
    for copy, branch, code in (
        (copy_of(server), "no-such-branch", "branchMissing"),
        (copy_of(server.parent / "absent.git"), None, "gitFailed"),
    ):
        with pytest.raises(OperationFailed) as caught:
            await copy.refresh(branch)
        await copy.close()
        assert caught.value.code == code


async def test_two_processes_do_not_share_a_copy(server: Path) -> None:
    first = copy_of(server)
    await first.refresh(None)

    with pytest.raises(OperationFailed) as caught:
        await copy_of(server).refresh(None)

    assert caught.value.code == "copyBusy"
    await first.close()
    await copy_of(server).refresh(None)


@pytest.mark.parametrize(("given", "token"), [("", "s3cr3t"), ("s3cr3t@", ""), ("ci:s3cr3t@", "")])
async def test_a_token_stands_in_no_argument_and_no_error(tmp_path: Path, given: str, token: str) -> None:
    async def refuse(request: Request, writer: object) -> Answer:
        return Answer(401, b"who are you", {"WWW-Authenticate": 'Basic realm="git"'})

    trace = tmp_path / "trace"  # Git's own record of every program that it starts
    async with HttpServer(refuse) as http:
        remote = Remote(http.url.replace("://", f"://{given}") + "/acme/shop.git", token)
        environ = {"PATH": PATH, "HOME": str(tmp_path), "GIT_TRACE": str(trace)}
        copy = GitWorkingCopy(GIT, tmp_path / "copy", remote, author=ANN, environ=environ)
        with pytest.raises(OperationFailed) as caught:
            await copy.refresh(None)
        await copy.close()

    assert http.requests[0].headers["authorization"].startswith("Basic ")
    assert "remote-http" in trace.read_text()
    assert "s3cr3t" not in trace.read_text() + str(caught.value)


async def test_an_empty_repository_has_no_base(tmp_path: Path) -> None:
    (tmp_path / "empty.git").mkdir()
    await git(tmp_path / "empty.git", "init", "--quiet", "--bare")

    with pytest.raises(OperationFailed) as caught:
        await copy_of(tmp_path / "empty.git").refresh(None)

    assert caught.value.code == "branchMissing"


async def test_what_changed_on_the_base_since_a_commit(server: Path) -> None:
    copy = copy_of(server)
    first = await git(server, "rev-parse", "main")
    await committed(server, "other.yaml", "x")
    await copy.refresh(None)

    assert not await copy.touched(first, ["web.yaml"])
    assert await copy.touched(first, ["web.yaml", "other.yaml"])
    assert await copy.stands_on(first)
    assert not await copy.stands_on(await changed(copy, "tag: 2\n"))
    assert not await copy.stands_on("0" * 40)


async def test_commits_with_the_same_files_are_the_same(server: Path) -> None:
    copy = copy_of(server)
    await copy.refresh(None)
    one, two, other = [await changed(copy, text, message) for text, message in (("2", "a"), ("2", "b"), ("3", "a"))]

    assert await copy.same(one, two, ["web.yaml"])
    assert not await copy.same(one, other, ["web.yaml"])


async def test_the_files_of_a_branch_can_be_looked_at(server: Path) -> None:
    copy = copy_of(server)
    await copy.refresh(None)
    await copy.push(await changed(copy, "tag: 2\n"), "fairlead/web", None)
    await copy.refresh(None)
    (branch,) = await copy.branches()

    await copy.show(branch)
    shown = (copy.root / "web.yaml").read_text()
    await copy.restore()

    assert (shown, (copy.root / "web.yaml").read_text()) == ("tag: 2\n", "tag: 1\n")


async def test_hooks_and_filters_of_a_repository_do_not_run(server: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    await committed(server, ".gitattributes", "*.yaml filter=evil\n")
    await committed(server, ".gitmodules", f'[submodule "x"]\n\tpath = x\n\turl = ext::touch {canary}\n')
    copy = copy_of(server)
    await copy.refresh(None)
    hooks = copy.root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "post-checkout", "pre-push", "post-commit"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {canary}\n")
        (hooks / name).chmod(0o755)

    await copy.push(await changed(copy, "tag: 2\n"), "fairlead/web", None)
    await copy.refresh(None)

    assert not canary.exists()


async def test_hostile_messages_stay_text(server: Path) -> None:
    copy = copy_of(server)
    await copy.refresh(None)
    message = "--amend\n\n$(touch canary) `id`\n# not a comment\n"

    commit = await changed(copy, "tag: 2\n", message)

    assert await git(copy.root, "log", "-1", "--format=%B", commit) == message.strip()


async def test_commits_can_be_signed(server: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    await run(Program(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)), env={"PATH": PATH}))
    copy = copy_of(server, Author("Ann", "ann@shop.test", Signing("ssh", str(key))))
    await copy.refresh(None)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"ann@shop.test {(tmp_path / 'key.pub').read_text()}")

    commit = await changed(copy, "tag: 2\n")

    shown = await git(copy.root, "-c", f"gpg.ssh.allowedSignersFile={allowed}", "log", "-1", "--format=%G? %an", commit)
    assert shown == "G Ann"


async def test_a_key_that_cannot_sign_is_an_error(server: Path) -> None:
    copy = copy_of(server, Author("Ann", "ann@shop.test", Signing("ssh", "/no/such/key")))
    await copy.refresh(None)

    with pytest.raises(OperationFailed) as caught:
        await changed(copy, "tag: 2\n")

    assert caught.value.code == "gitFailed"
