from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fairlead.adapters.helm.library import HelmLibrary
from fairlead.adapters.helm.workers import Limits, Workers
from fairlead.domain.errors import OperationFailed
from fairlead.domain.rendering import Capabilities, ChartRequest
from tests.fakes.charts import small_chart

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: "
CAPABILITIES = Capabilities("v1.36.3")


@pytest_asyncio.fixture
async def library() -> AsyncIterator[HelmLibrary]:
    made = HelmLibrary(Workers(Limits(seconds=3.0, output=1 << 20, memory=300 << 20), most=2))
    yield made
    await made.close()


async def request_for(template: str, folder: Path) -> ChartRequest:
    chart = await small_chart({"templates/a.yaml": CONFIG_MAP + template}, folder)
    return ChartRequest("a", "b", chart, {}, CAPABILITIES)


async def children() -> set[int]:
    """The processes that this one started."""
    found = set()
    for entry in os.listdir("/proc"):  # noqa: PTH208 - names are enough
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()  # noqa: ASYNC240 - a file in memory
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(entry))
    return found


ENDLESS = (
    '{{ define "x" }}{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}{{ include "x" . }}'
)
GROWING = '{{ $s := "x" }}{{ range until 40 }}{{ $s = printf "%s%s" $s $s }}{{ end }}'
LARGE = '{{ dict "a" (repeat 2000000 "x") | toJson }}'


@pytest.mark.parametrize("template", [ENDLESS, GROWING, LARGE])
async def test_a_chart_that_exceeds_a_limit_fails_alone(template: str, library: HelmLibrary, tmp_path: Path) -> None:
    good = await request_for("{a: b}", tmp_path / "good")
    before = await library.render(good)
    bad = await request_for(template, tmp_path / "bad")
    results = await asyncio.gather(
        library.render(bad), library.render(good), library.render(good), return_exceptions=True
    )
    assert isinstance(results[0], OperationFailed)
    assert results[0].code == "renderLimit"
    assert list(results[1:]) == [before, before]
    assert await library.render(good) == before


async def test_time_is_kept(library: HelmLibrary, tmp_path: Path) -> None:
    bad = await request_for(ENDLESS, tmp_path)
    began = time.monotonic()
    with pytest.raises(OperationFailed):
        await library.render(bad)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(("crowded_seconds", "started"), [(0.0, 2), (3600.0, 1)])
async def test_workers_are_started_when_needed_and_all_end(
    crowded_seconds: float, started: int, tmp_path: Path
) -> None:
    before = await children()
    library = HelmLibrary(Workers(most=2, crowded_seconds=crowded_seconds))
    assert await children() == before
    good = await request_for("{a: b}", tmp_path)
    await library.render(good)
    assert len(await children() - before) == 1
    await asyncio.gather(*(library.render(good) for _ in range(10)))
    assert len(await children() - before) == started
    await library.close()
    assert await children() == before
    await library.render(good)
    await library.close()
    assert await children() == before


async def test_a_cancelled_rendering_takes_its_worker_along(library: HelmLibrary, tmp_path: Path) -> None:
    good, bad = await request_for("{a: b}", tmp_path / "good"), await request_for(ENDLESS, tmp_path / "bad")
    expected = await library.render(good)
    task = asyncio.create_task(library.render(bad))
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await library.render(good) == expected


async def test_a_killed_worker_is_replaced(library: HelmLibrary, tmp_path: Path) -> None:
    before = await children()
    good = await request_for("{a: b}", tmp_path)
    expected = await library.render(good)
    (worker,) = await children() - before
    os.kill(worker, 9)
    assert await library.render(good) == expected


async def test_the_worker_sees_nothing_of_the_environment(
    library: HelmLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKER_SECRET", "hunter2")
    before = await children()
    await library.render(await request_for("{a: b}", tmp_path))
    (worker,) = await children() - before
    assert b"hunter2" not in Path(f"/proc/{worker}/environ").read_bytes()  # noqa: ASYNC240 - a file in memory


@pytest.mark.parametrize("call", ['env "MARKER_SECRET"', 'expandenv "$MARKER_SECRET"'])
async def test_templates_have_no_way_to_the_environment(call: str, library: HelmLibrary, tmp_path: Path) -> None:
    with pytest.raises(OperationFailed) as caught:
        await library.render(await request_for("{{ " + call + " }}", tmp_path))
    assert caught.value.code == "chartRenderFailed"
