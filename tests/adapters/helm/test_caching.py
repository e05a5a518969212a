from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairlead.adapters.helm.caching import CachingRenderer
from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import Capabilities, ChartRequest, Hook, LocalChart, Lookup, RenderedChart
from tests.fakes.rendering import FakeRenderer

CHART = LocalChart("/charts/a.tgz", "sha256:" + "1" * 64, "a", "1.0.0")
REQUEST = ChartRequest("web", "market", CHART, {"a": {"b": [1, None, "ü"]}}, Capabilities("v1.36.3", ("apps/v1",)))
POD = Manifest(
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "ü"}, "n": 1.5, "t": True}, "a/templates/p.yaml"
)
ANSWER = RenderedChart((POD,), (Hook(("test",), -1, ("x",), POD),), (POD,), "notes\n")


@pytest.fixture
def inner() -> FakeRenderer:
    return FakeRenderer(lambda _: ANSWER, defaults={"a": 1})


@pytest.fixture
def renderer(inner: FakeRenderer, tmp_path: Path) -> CachingRenderer:
    return CachingRenderer(inner, tmp_path / "rendered")


async def test_the_same_request_is_rendered_once(renderer: CachingRenderer, inner: FakeRenderer) -> None:
    first, second = await renderer.render(REQUEST), await renderer.render(REQUEST)
    assert first == second == ANSWER
    assert (first.cached, second.cached) == (False, True)
    assert len(inner.requests) == 1


DIFFERENT: list[dict[str, Any]] = [
    {"name": "other"},
    {"namespace": "other"},
    {"revision": 2},
    {"is_upgrade": True},
    {"values": {"a": {"b": [1, None, "u"]}}},
    {"values": {"a": {"b": [1, "ü"]}}},
    {"chart": replace(CHART, digest="sha256:" + "2" * 64)},
    {"capabilities": Capabilities("v1.36.4", ("apps/v1",))},
    {"capabilities": Capabilities("v1.36.3", ())},
    {"capabilities": Capabilities("v1.36.3", ("apps/v1",), complete=True)},
]


@pytest.mark.parametrize("change", DIFFERENT)
async def test_any_other_input_is_rendered_anew(
    change: dict[str, Any], renderer: CachingRenderer, inner: FakeRenderer
) -> None:
    await renderer.render(REQUEST)
    assert not (await renderer.render(replace(REQUEST, **change))).cached
    inner.version = "fake 2"
    assert not (await renderer.render(REQUEST)).cached


UNKEPT: list[dict[str, Any]] = [
    {"chart": replace(CHART, generates=True)},
    {"holds_secrets": True},
    {"lookup": Lookup("/tmp/k", "c")},
    {"values": {"t": "{{ randAlpha 5 }}"}},
]


@pytest.mark.parametrize("change", UNKEPT)
async def test_what_may_not_be_kept_is_not(
    change: dict[str, Any], renderer: CachingRenderer, inner: FakeRenderer
) -> None:
    for _ in range(2):
        assert not (await renderer.render(replace(REQUEST, **change))).cached
    assert len(inner.requests) == 2
    assert not renderer.folder.exists()


async def test_failures_are_not_kept(renderer: CachingRenderer, inner: FakeRenderer) -> None:
    def fail(_: ChartRequest) -> RenderedChart:
        raise OperationFailed(Problem("chartRenderFailed", "no"))

    inner.answer = fail
    for _ in range(2):
        with pytest.raises(OperationFailed):
            await renderer.render(REQUEST)
    with pytest.raises(InputError):
        await renderer.render(replace(REQUEST, values={"a": float("nan")}))


async def test_damaged_entries_count_as_absent(renderer: CachingRenderer) -> None:
    await renderer.render(REQUEST)
    (entry,) = renderer.folder.iterdir()
    whole = entry.read_bytes()
    for damaged in (b"", whole[:-1], whole.replace(b"Pod", b"Pot"), b"\xff" + whole, b"not\nthis"):
        entry.write_bytes(damaged)
        assert await renderer.render(REQUEST) == ANSWER
        assert entry.read_bytes() == whole


async def test_entries_are_the_users_alone(renderer: CachingRenderer) -> None:
    await renderer.render(REQUEST)
    (entry,) = renderer.folder.iterdir()
    assert (renderer.folder.stat().st_mode & 0o077, entry.stat().st_mode & 0o077) == (0, 0)


@pytest.mark.parametrize("limits", [{"kept": 3}, {"kept_bytes": 3 * 600}])
async def test_the_cache_does_not_grow_for_ever(limits: dict[str, int], inner: FakeRenderer, tmp_path: Path) -> None:
    renderer = CachingRenderer(inner, tmp_path / "rendered", **limits)
    for index in range(5):
        await renderer.render(replace(REQUEST, name=f"n{index}"))
    entries = {path: index for index, path in enumerate(sorted(renderer.folder.iterdir()))}
    for path, index in entries.items():
        os.utime(path, (index, index))
    await renderer.close()
    assert sorted(renderer.folder.iterdir()) == list(entries)[2:]


async def test_a_folder_that_cannot_be_written_costs_only_time(inner: FakeRenderer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    renderer = CachingRenderer(inner, tmp_path / "file" / "below")
    for _ in range(2):
        assert await renderer.render(REQUEST) == ANSWER


async def test_everything_else_is_passed_on(renderer: CachingRenderer) -> None:
    assert await renderer.default_values("x") == {"a": 1}
    assert renderer.version == "fake 1"
    await renderer.close()
