"""Locks between processes (an open file each, so two tasks of one process stand for two processes)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fairlead.sandbox.locks import holding


@pytest.mark.parametrize("remove", [False, True])
async def test_one_holds_it_at_a_time(tmp_path: Path, *, remove: bool) -> None:
    inside = 0

    async def enter() -> None:
        nonlocal inside
        async with holding(tmp_path / "folder" / "lock", remove=remove):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(enter() for _ in range(4)))


async def test_nothing_stays_when_it_is_to_be_removed(tmp_path: Path) -> None:
    async with holding(tmp_path / "folder" / "lock", remove=True):
        assert (tmp_path / "folder" / "lock").exists()
    assert not (tmp_path / "folder").exists()


async def test_a_folder_with_other_things_stays(tmp_path: Path) -> None:
    async with holding(tmp_path / "folder" / "lock", remove=True):
        (tmp_path / "folder" / "other").touch()
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["other"]


async def test_it_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        async with holding(tmp_path / "lock"):
            raise RuntimeError
    async with asyncio.timeout(30), holding(tmp_path / "lock"):
        pass
