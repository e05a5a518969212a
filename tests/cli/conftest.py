"""What the tests of commands share: a shop that deploys to a cluster in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shops import Shop, make_shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)
