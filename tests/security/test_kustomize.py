"""S5, S6: kustomizations that would read outside the repository, fetch anything, or run programs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from fairlead.adapters.kustomize.checking import check_kustomization
from fairlead.adapters.kustomize.program import KustomizeProgram
from fairlead.domain.errors import InputError
from fairlead.doors.paths import Paths
from tests.fakes.helm import kustomize_program
from tests.fakes.http import Answer, HttpServer, Request

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def kustomization(root: Path, content: dict[str, Any], folder: str = "app") -> Paths:
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / folder / "kustomization.yaml").write_text(json.dumps(content))
    return Paths(root.resolve())


PLACES: dict[str, Any] = {
    "resources": lambda text: {"resources": [text]},
    "bases": lambda text: {"bases": [text]},
    "components": lambda text: {"components": [text]},
    "generators": lambda text: {"generators": [text]},
    "transformers": lambda text: {"transformers": [text]},
    "validators": lambda text: {"validators": [text]},
    "crds": lambda text: {"crds": [text]},
    "configurations": lambda text: {"configurations": [text]},
    "patchesStrategicMerge": lambda text: {"patchesStrategicMerge": [text]},
    "patches": lambda text: {"patches": [{"path": text}]},
    "patchesJson6902": lambda text: {"patchesJson6902": [{"path": text, "target": {"kind": "A"}}]},
    "replacements": lambda text: {"replacements": [{"path": text}]},
    "files": lambda text: {"configMapGenerator": [{"name": "g", "files": [text]}]},
    "named files": lambda text: {"secretGenerator": [{"name": "g", "files": [f"key={text}"]}]},
    "envs": lambda text: {"configMapGenerator": [{"name": "g", "envs": [text]}]},
    "env": lambda text: {"configMapGenerator": [{"name": "g", "env": text}]},
    "openapi": lambda text: {"openapi": {"path": text}},
}
OUTSIDE = ["../../outside.yaml", "/etc/passwd", "/proc/self/environ", "link.yaml", "linked/outside.yaml"]
REMOTE = [
    "https://127.0.0.1:{port}/x.yaml",
    "http://127.0.0.1:{port}/x.yaml",
    "git::http://127.0.0.1:{port}/x",
    "git@127.0.0.1:x/y.git",
    "github.com/a/b",
    "GitHub.com/a/b?ref=main",
    "ssh://127.0.0.1/x",
    "file:///etc",
    "127.0.0.1:{port}/a//b",
    "host.example:a/b.git",
    "x/y.git",
]


@pytest.mark.parametrize("text", OUTSIDE)
@pytest.mark.parametrize("place", PLACES)
def test_nothing_outside_the_repository_is_read(place: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text("secret: hunter2\n")
    root = tmp_path / "repository"
    paths = kustomization(root, PLACES[place](text))
    (root / "app/link.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "app/linked").symlink_to(tmp_path)
    with pytest.raises(InputError) as caught:
        check_kustomization(paths, "app")
    assert caught.value.code in {"pathRefused", "linkOutside"}
    assert caught.value.problems[0].file == "app/kustomization.yaml"
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("place", PLACES)
async def test_nothing_remote_is_fetched(place: str, tmp_path: Path) -> None:
    async def page(request: Request, writer: asyncio.StreamWriter) -> Answer | None:
        return Answer(body=MAP.encode())

    program = str(await kustomize_program())
    async with HttpServer(page) as sink:
        for text in REMOTE:
            paths = kustomization(tmp_path, PLACES[place](text.format(port=sink.port)))
            with pytest.raises(InputError) as caught:
                await KustomizeProgram(paths, (program, "build")).build("app")
            assert caught.value.code == "kustomizeRemote"
    assert sink.requests == []


def test_what_a_folder_leads_to_is_looked_through_too(tmp_path: Path) -> None:
    kustomization(tmp_path, {"resources": ["https://127.0.0.1:1/x"]}, "deep/base")
    kustomization(tmp_path, {"components": ["../deep/base"]}, "middle")
    paths = kustomization(tmp_path, {"resources": ["../middle"]})
    with pytest.raises(InputError) as caught:
        check_kustomization(paths, "app")
    assert caught.value.problems[0].file == "deep/base/kustomization.yaml"


def test_folders_that_lead_to_each_other_end(tmp_path: Path) -> None:
    kustomization(tmp_path, {"resources": ["../app"]}, "other")
    check_kustomization(kustomization(tmp_path, {"resources": ["../other"]}), "app")


@pytest.mark.parametrize("name", ["helmCharts", "helmChartInflationGenerator", "helmGlobals"])
def test_kustomizations_may_not_run_helm(name: str, tmp_path: Path) -> None:
    paths = kustomization(tmp_path, {name: [{"name": "x", "repo": "https://127.0.0.1:1"}]})
    with pytest.raises(InputError) as caught:
        check_kustomization(paths, "app")
    assert (caught.value.code, caught.value.problems[0].path) == ("kustomizeProgram", name)


async def test_programs_named_in_transformers_do_not_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    program = tmp_path / "repository/app/evil.sh"
    paths = kustomization(tmp_path / "repository", {"resources": ["a.yaml"], "transformers": ["t.yaml"]})
    program.write_text(f"#!/bin/sh\ntouch {canary}\n")
    program.chmod(0o755)
    (tmp_path / "repository/app/a.yaml").write_text(MAP)
    (tmp_path / "repository/app/t.yaml").write_text(
        "apiVersion: x/v1\nkind: Evil\nmetadata:\n  name: e\n  annotations:\n"
        "    config.kubernetes.io/function: |\n      exec: {path: ./evil.sh}\n"
    )
    with pytest.raises(Exception) as caught:  # noqa: PT011 - kustomize's own refusal, whatever its words
        await KustomizeProgram(paths, (str(await kustomize_program()), "build")).build("app")
    assert getattr(caught.value, "code", "") == "kustomizeFailed"
    assert not canary.exists()
