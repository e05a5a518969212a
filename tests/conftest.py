"""What all tests share: goldens, files that show what users see, and how Hypothesis judges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine makes a test slow, and never wrong: what takes long is seen in bench/, not here.
settings.register_profile("fairlead", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What scripts/test runs: the same examples each time, so that a change is judged by what it changes.
settings.register_profile("steady", settings.get_profile("fairlead"), derandomize=True)
settings.load_profile("fairlead")

GOLDENS = Path(__file__).parent / "goldens"

Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write the goldens anew, to be reviewed as a diff")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with the golden of that name, relative to tests/goldens."""
    update = bool(request.config.getoption("--update-goldens"))

    def check(name: str, text: str) -> None:
        path = GOLDENS / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert text == path.read_text(), f"differs from {name}; look at it, then run pytest --update-goldens"

    return check
