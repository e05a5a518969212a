"""S7, S11: what reaches `helm` and `kustomize` as arguments and environment, and what of the user's Helm does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fairlead.adapters.helm.program import HelmProgram
from fairlead.adapters.kustomize.program import KustomizeProgram
from fairlead.domain.errors import FairleadError
from fairlead.domain.rendering import Capabilities, ChartRequest, Lookup
from fairlead.doors.paths import Paths
from tests.fakes.charts import small_chart
from tests.fakes.helm import helm_program
from tests.fakes.programs import RecordingPrograms

HOSTILE = [
    "x; touch canary",
    "$(touch canary)",
    "`touch canary`",
    "x\ntouch canary",
    "a,b",
    "--post-renderer=evil",
    "-x",
]


@pytest.fixture
def programs(tmp_path: Path) -> RecordingPrograms:
    made = RecordingPrograms(tmp_path / "bin")
    for name in ("helm", "kustomize", "touch", "sh", "evil"):
        made.install(name)
    return made


@pytest.mark.parametrize("text", HOSTILE)
async def test_whatever_is_written_stays_one_argument(text: str, programs: RecordingPrograms, tmp_path: Path) -> None:
    chart = await small_chart({"templates/NOTES.txt": "x"}, tmp_path)
    request = ChartRequest(
        text, text, chart, {"key": text}, Capabilities(text, (text,)), is_upgrade=True, lookup=Lookup(text, text)
    )
    await HelmProgram(programs.directory / "helm").render(request)
    (call,) = programs.calls
    options, (name, archive) = call[: call.index("--")], call[call.index("--") + 1 :]
    assert name == text
    assert archive.endswith("/chart.tgz")
    assert f"--namespace={text}" in options
    assert f"--kube-version={text}" in options
    assert f"--api-versions={text}" in options
    assert f"--kubeconfig={text}" in options
    assert not [argument for argument in options if argument.startswith(("--set", "--post", "-x"))]
    assert not (tmp_path / "canary").exists()


async def test_values_and_secrets_never_stand_among_the_arguments(programs: RecordingPrograms, tmp_path: Path) -> None:
    chart = await small_chart({}, tmp_path)
    request = ChartRequest("web", "market", chart, {"password": "hunter2"}, Capabilities("v1.36.3"))
    await HelmProgram(programs.directory / "helm").render(request)
    assert "hunter2" not in str(programs.calls) + str(programs.environments)
    (values,) = [argument for argument in programs.calls[0] if argument.startswith("--values=")]
    assert not Path(values.removeprefix("--values=")).parent.exists()


async def test_helm_gets_an_empty_home_and_nothing_of_the_environment(
    programs: RecordingPrograms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELM_PLUGINS", str(tmp_path / "plugins"))
    monkeypatch.setenv("KUBECONFIG", "/secret")
    chart = await small_chart({}, tmp_path)
    await HelmProgram(programs.directory / "helm").render(
        ChartRequest("web", "market", chart, {}, Capabilities("v1.36.3"))
    )
    (env,) = programs.environments
    expected = {"HOME", "KUBECONFIG", "NO_COLOR", *(f"HELM_{name}" for name in HELM_FOLDERS)}
    assert set(env) - {"LC_CTYPE"} == expected  # Python itself adds that one to the recording program
    assert env["KUBECONFIG"] == "/dev/null"
    assert all(env[f"HELM_{name}"].startswith(env["HOME"]) for name in HELM_FOLDERS)
    assert not os.path.exists(env["HOME"])  # noqa: ASYNC240, PTH110 - in a test


HELM_FOLDERS = ("CONFIG_HOME", "CACHE_HOME", "DATA_HOME", "PLUGINS")


async def test_a_plugin_of_the_user_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A downloader plugin for a scheme of its own, where Helm looks for it by default.
    canary = tmp_path / "canary"
    plugin = tmp_path / "home/.local/share/helm/plugins/evil"
    plugin.mkdir(parents=True)
    (plugin / "run.sh").write_text(f"#!/bin/sh\ntouch {canary}\n")
    (plugin / "run.sh").chmod(0o755)
    (plugin / "plugin.yaml").write_text(
        "name: evil\nversion: 1.0.0\ncommand: $HELM_PLUGIN_DIR/run.sh\n"
        "downloaders: [{command: run.sh, protocols: [foo]}]\n"
    )
    helm = HelmProgram(await helm_program())  # found before the home changes, or it would be built anew
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    chart = await small_chart({"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\nicon: foo://x/y\n"}, tmp_path)
    await helm.render(ChartRequest("web", "market", chart, {}, Capabilities("v1.36.3")))
    with pytest.raises(FairleadError):
        await helm.default_values("foo://x/y")
    assert not canary.exists()


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\n" not in text])
async def test_folders_of_any_name_stay_one_argument(text: str, programs: RecordingPrograms, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    (root / text).mkdir(parents=True)
    (root / text / "kustomization.yaml").write_text("resources: []\n")
    argv = (str(programs.directory / "kustomize"), "build")
    await KustomizeProgram(Paths(root.resolve()), argv).build(text)
    (call,) = programs.calls
    assert call[-2:] == ("--", str(root.resolve() / text))
    assert set(programs.environments[0]) - {"LC_CTYPE"} == {"HOME", "HTTP_PROXY", "HTTPS_PROXY"}
    assert not (tmp_path / "canary").exists()
