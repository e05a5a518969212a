"""What tests of git share: a repository as a server has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.bare_repository import bare_repository


@pytest.fixture
async def server(tmp_path: Path) -> Path:
    return await bare_repository(tmp_path)
