"""`fairlead server` as a process: what it logs, and how it ends."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.repository import write_files
from tests.fakes.upgrades import ENVIRONMENTS
from tests.fakes.webhooks import Server, serving

# A value stands twice, which is suspicious and no mistake.
APPS = """\
releases:
  - name: web
    chart: {dir: c}
    values: [{key: replicas, value: 1}, {key: replicas, value: 2}]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    write_files(tmp_path / "shop", {"environments.yaml": ENVIRONMENTS, "apps.yaml": APPS, "c/": ""})
    return tmp_path / "shop"


async def logged(server: Server) -> list[str]:
    """Return the lines that a server that has ended wrote to standard error."""
    assert server.process.stderr is not None
    return (await server.process.stderr.read()).decode().splitlines()


async def test_each_request_and_each_warning_is_one_document_of_the_log(repository: Path) -> None:
    async with serving(repository, "server", "--log-format", "json") as server:
        assert await server.get("/healthz") == 200
        assert await server.get("/api/v1/descriptors/some-identifier") == 404
        assert await server.get("/readyz") == 503  # the cluster cannot be reached
        async with asyncio.timeout(10):
            assert await server.end(signal.SIGTERM) == 130
        *lines, last = await logged(server)

    assert last == "interrupted by a signal"
    said: list[dict[str, Any]] = [json.loads(line) for line in lines]
    (warning,) = [one for one in said if one.get("code")]
    assert (warning["code"], warning["file"], warning["level"]) == ("duplicateValue", "apps.yaml:4", "warning")
    requests = {one["route"]: one for one in said if one["logger"] == "fairlead.server.requests"}
    asked = [(route, one["method"], one["status"], one["level"]) for route, one in requests.items()]
    assert asked == [
        ("/healthz", "GET", 200, "info"),
        ("/api/v1/descriptors/{identifier}", "GET", 404, "info"),
        ("/readyz", "GET", 503, "info"),
    ]
    assert all(one["seconds"] >= 0 and one["at"] and one["message"] for one in requests.values())
    (loudest,) = {one["logger"] for one in said if one["level"] == "error"}
    assert loudest == "fairlead.server.running"  # nobody drives units of a cluster that cannot be reached


async def test_without_that_only_what_somebody_has_to_know_is_said(repository: Path) -> None:
    async with serving(repository, "server") as server:
        assert await server.get("/healthz") == 200
        assert await server.end(signal.SIGTERM) == 130
        said = await logged(server)

    assert not any("/healthz" in line for line in said)
    assert any("apps.yaml:4:" in line for line in said)
