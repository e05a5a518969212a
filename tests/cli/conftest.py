"""What the tests of commands share: a shop that deploys to a cluster in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shops import APP, Shop, make_shop
from tests.fakes.played import PlayedCluster


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


@pytest.fixture
def stored(shop: Shop) -> Shop:
    """A shop with an app among its releases."""
    file = shop.root / "apps.yaml"
    file.write_text(file.read_text() + APP)
    return shop


@pytest.fixture
def played(stored: Shop) -> Shop:
    """A shop with an app, whose pods run."""
    stored.cluster = PlayedCluster()
    return stored
