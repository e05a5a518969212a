"""Kubeconfig files on disk: never half, never two writers, nothing lost."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from pathlib import Path

import pytest

from fairlead.adapters.clock.system import SystemClock
from fairlead.adapters.providers.store import LOCK_SECONDS, KubeconfigStore
from fairlead.domain.errors import InputError, OperationFailed
from tests.fakes import kubeconfigs
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(clock: FakeClock) -> KubeconfigStore:
    return KubeconfigStore(clock)


async def test_files_of_a_path_list_that_are_missing_are_left_out(store: KubeconfigStore, tmp_path: Path) -> None:
    file = kubeconfigs.write(tmp_path / "config", kubeconfigs.entries("a"))
    merged = await store.read([tmp_path / "missing", file])
    assert (merged.files, list(merged.clusters)) == ((str(file),), ["a"])


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
async def test_an_empty_file_is_an_empty_configuration(store: KubeconfigStore, tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    assert (await store.read([tmp_path / "config"])).contexts == {}
    assert await store.content(tmp_path / "config") == {}


@pytest.mark.parametrize("text", ["a: [", "- a\n", "kind: Config\n---\nkind: Config\n", "a: 1\na: 2\n"])
async def test_what_is_no_kubeconfig_is_an_input_error_that_names_it(
    store: KubeconfigStore, tmp_path: Path, text: str
) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(InputError) as caught:
        await store.read([tmp_path / "config"])
    assert caught.value.problems[0].file == str(tmp_path / "config")


async def test_an_unreadable_file_is_an_input_error(store: KubeconfigStore, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        await store.read([tmp_path])
    assert caught.value.code == "kubeconfigUnreadable"
    with pytest.raises(InputError):
        await store.read_bytes(str(tmp_path / "ca.pem"))


async def test_a_new_file_is_private_and_an_existing_one_keeps_its_mode(store: KubeconfigStore, tmp_path: Path) -> None:
    new, shared = tmp_path / "deep" / "er" / "config", tmp_path / "shared"
    shared.write_text("{}")
    shared.chmod(0o640)
    for file in (new, shared):
        async with store.locked(file):
            await store.write(file, {"kind": "Config"})
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert stat.S_IMODE(new.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(shared.stat().st_mode) == 0o640


async def test_a_link_stays_a_link(store: KubeconfigStore, tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("{}")
    link.symlink_to(real)
    await store.write(link, {"kind": "Config"})
    assert link.is_symlink()
    assert await store.content(real) == {"kind": "Config"}


async def test_texts_that_look_like_something_else_stay_texts(store: KubeconfigStore, tmp_path: Path) -> None:
    content = {"users": [{"name": "yes", "user": {"token": "0123", "password": "1e3"}}], "note": "2020-01-01", "n": "~"}
    await store.write(tmp_path / "config", content)
    assert await store.content(tmp_path / "config") == content


async def test_a_failed_write_leaves_the_old_file_and_no_other(store: KubeconfigStore, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.mkdir()
    with pytest.raises(OperationFailed) as caught:
        await store.write(file, {"kind": "Config"})
    assert caught.value.code == "kubeconfigUnwritable"
    assert os.listdir(tmp_path) == ["config"]  # noqa: PTH208 - the names are the point


async def test_a_place_that_cannot_be_written_to_says_so(store: KubeconfigStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperationFailed) as caught:
        async with store.locked(tmp_path / "file" / "config"):
            pytest.fail("the lock cannot have been taken")
    assert caught.value.code == "kubeconfigUnwritable"


async def test_the_lock_is_kubectls_and_goes_away(store: KubeconfigStore, tmp_path: Path) -> None:
    lock = tmp_path / "config.lock"
    async with store.locked(tmp_path / "config"):
        assert lock.exists()
    assert not lock.exists()


async def test_a_lock_that_stays_is_an_error_with_a_way_out(
    store: KubeconfigStore, clock: FakeClock, tmp_path: Path
) -> None:
    lock = tmp_path / "config.lock"
    lock.touch()
    with pytest.raises(OperationFailed) as caught:
        async with store.locked(tmp_path / "config"):
            pytest.fail("the lock cannot have been taken")
    assert caught.value.code == "kubeconfigLocked"
    assert str(lock) in (caught.value.problems[0].remedy or "")
    assert lock.exists()
    assert sum(clock.slept) == pytest.approx(LOCK_SECONDS, abs=0.2)


async def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    # A real clock: the lock is taken by threads, which a clock that jumps would not wait for.
    store = KubeconfigStore(SystemClock())
    file = tmp_path / "config"
    file.write_text(json.dumps({"users": []}))

    async def add(name: str) -> None:
        async with store.locked(file):
            content = await store.content(file)
            await asyncio.sleep(0)
            content["users"].append({"name": name})
            await store.write(file, content)

    await asyncio.gather(*(add(str(number)) for number in range(5)))
    assert sorted(user["name"] for user in (await store.content(file))["users"]) == ["0", "1", "2", "3", "4"]
