"""What is checked out, asked of a real Git."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.adapters.git.checkout import GitCheckout
from fairlead.domain.identity import Commit
from fairlead.doors.process import Program, run
from fairlead.ports.source import Source
from fairlead.settings import Settings
from tests.fakes.programs import RecordingPrograms
from tests.fakes.source import FakeSource

PATH = "/usr/local/bin:/usr/bin:/bin"
IDENTITY = {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@shop.test"}
COMMITTER = {
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@shop.test",
    "GIT_AUTHOR_DATE": "2026-11-21T12:00Z",
}


async def git(root: Path, *arguments: str) -> str:
    environ = {
        "PATH": PATH,
        "HOME": str(root.parent),
        "GIT_COMMITTER_DATE": "2026-11-21T12:00Z",
        **IDENTITY,
        **COMMITTER,
    }
    return (await run(Program(("git", "-C", str(root), *arguments), env=environ))).stdout.decode().strip()


@pytest.fixture
async def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    await git(root, "init", "-q")
    for name in ("environments.yaml", "deploy/shop.yaml"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("a: 1\n")
    await git(root, "add", ".")
    await git(root, "commit", "-q", "-m", "Start")
    return root


def checkout(root: Path, **environ: str) -> GitCheckout:
    return GitCheckout(Settings.from_environment({"PATH": PATH, "HOME": str(root.parent), **environ}))


async def test_a_clean_checkout(repository: Path) -> None:
    head = await git(repository, "rev-parse", "HEAD")
    assert await checkout(repository).commit(str(repository)) == Commit(head, dirty=False)


def change(root: Path) -> None:
    (root / "environments.yaml").write_text("a: 2\n")


def add(root: Path) -> None:
    (root / "new.yaml").write_text("a: 2\n")


def remove(root: Path) -> None:
    (root / "deploy" / "shop.yaml").unlink()


@pytest.mark.parametrize("edit", [change, add, remove])
async def test_files_that_differ_from_the_commit(repository: Path, edit: Callable[[Path], None]) -> None:
    edit(repository)
    assert (await checkout(repository).commit(str(repository))).dirty


async def test_only_files_below_the_root_count(repository: Path) -> None:
    add(repository)
    found = await checkout(repository).commit(str(repository / "deploy"))
    assert (found.commit is not None, found.dirty) == (True, False)


async def test_ignored_files_do_not_count(repository: Path) -> None:
    (repository / ".git" / "info" / "exclude").write_text("new.yaml\n")
    add(repository)
    assert not (await checkout(repository).commit(str(repository))).dirty


async def test_outside_of_a_repository(tmp_path: Path) -> None:
    assert await checkout(tmp_path, GIT_CEILING_DIRECTORIES="/").commit(str(tmp_path)) == Commit(None, dirty=False)


async def test_before_the_first_commit(tmp_path: Path) -> None:
    await git(tmp_path, "init", "-q")
    assert await checkout(tmp_path).commit(str(tmp_path)) == Commit(None, dirty=False)


async def test_without_git(repository: Path) -> None:
    assert await checkout(repository, PATH=str(repository)).commit(str(repository)) == Commit(None, dirty=False)


async def test_variables_of_a_surrounding_git_do_not_lead_elsewhere(repository: Path, tmp_path: Path) -> None:
    expected = await checkout(repository).commit(str(repository))
    found = checkout(repository, GIT_DIR=str(tmp_path), GIT_WORK_TREE=str(tmp_path), GIT_INDEX_FILE=str(tmp_path / "i"))
    assert await found.commit(str(repository)) == expected


async def test_programs_that_a_repository_names_are_not_run(repository: Path, tmp_path: Path) -> None:
    programs = RecordingPrograms(tmp_path / "bin")
    programs.install("canary")
    canary = str(programs.directory / "canary")
    await git(repository, "config", "core.fsmonitor", canary)
    await git(repository, "config", "core.pager", canary)
    hooks = repository / ".git" / "hooks"
    for hook in ("post-index-change", "fsmonitor-watchman", "post-checkout"):
        (hooks / hook).write_text(f"#!/bin/sh\n{canary}\n")
        (hooks / hook).chmod(0o755)
    (repository / "environments.yaml").touch()
    assert not (await checkout(repository).commit(str(repository))).dirty
    assert programs.calls == []


async def test_what_git_cannot_answer_counts_as_changed(repository: Path) -> None:
    (repository / ".git" / "index").write_bytes(b"damaged")
    found = await checkout(repository).commit(str(repository))
    assert (found.commit is not None, found.dirty) == (True, True)


async def test_a_checkout_of_another_user_has_a_commit_but_is_not_vouched_for(repository: Path, tmp_path: Path) -> None:
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nPATH={PATH} GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec git "$@"\n')
    wrapper.chmod(0o755)
    found = await checkout(repository, PATH=str(wrapper.parent)).commit(str(repository))
    assert found == Commit(await git(repository, "rev-parse", "HEAD"), dirty=True)
    # The operator may vouch for it, as for Git itself.
    (tmp_path / ".gitconfig").write_text(f"[safe]\n\tdirectory = {repository}\n")
    assert not (await checkout(repository, PATH=str(wrapper.parent)).commit(str(repository))).dirty


async def test_asking_leaves_the_repository_as_it_was(repository: Path) -> None:
    index = repository / ".git" / "index"
    (repository / "environments.yaml").touch()
    before = index.read_bytes()
    await checkout(repository).commit(str(repository))
    assert index.read_bytes() == before


@pytest.mark.parametrize("fake", [True, False])
async def test_real_and_fake_keep_the_same_promise(repository: Path, *, fake: bool) -> None:
    source: Source = FakeSource() if fake else checkout(repository)
    found = await source.commit(str(repository))
    assert len(found.commit or "") == 40
    assert not found.dirty


async def test_which_commit_came_first(repository: Path) -> None:
    first = await git(repository, "rev-parse", "HEAD")
    await git(repository, "commit", "-q", "--allow-empty", "-m", "Go on")
    second = await git(repository, "rev-parse", "HEAD")
    found = checkout(repository)
    root = str(repository)
    assert await found.is_ancestor(root, first, second)
    assert await found.is_ancestor(root, second, second)
    assert not await found.is_ancestor(root, second, first)
    assert not await found.is_ancestor(root, "0" * 40, second)


@pytest.mark.parametrize("name", ["--help", "HEAD", "", "abc"])
async def test_what_a_cluster_calls_a_commit_is_no_option_and_no_name(repository: Path, name: str) -> None:
    head = await git(repository, "rev-parse", "HEAD")
    assert not await checkout(repository).is_ancestor(str(repository), name, head)
    assert not await checkout(repository).is_ancestor(str(repository), head, name)
