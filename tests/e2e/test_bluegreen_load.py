"""Units under load on real pods, as `bench/bluegreen` measures them: few switches here, what must hold is the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.bluegreen import scaled, switches
from bench.bluegreen.site import Site, namespace_of
from tests.e2e.running import RunningSandbox

pytestmark = pytest.mark.e2e


@pytest.fixture
async def site(real_sandbox: RunningSandbox, namespace: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with namespace_of(real_sandbox.status, namespace, tmp_path) as found:
        yield found


async def test_switches_lose_no_request_and_no_side_answers_before_its_own(site: Site) -> None:
    figures = await switches.measure(site, 4, rate=200)
    assert (figures.switches, len(figures.answered), len(figures.returned)) == (4, 1, 3)
    assert (figures.summary.failed, figures.early) == (0, 0), figures
    assert [span.version for span in figures.summary.versions] == ["1", "2"]
    assert sum(figures.summary.requests.values()) > 1000


async def test_a_side_that_was_made_larger_is_followed_by_one_as_large(site: Site) -> None:
    assert await scaled.measure(site) >= scaled.GROWN
