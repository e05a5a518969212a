"""`fairlead sandbox`: what people and programs see of it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from fairlead.cli.sandbox_progress import SandboxProgress, sentence
from fairlead.cli.streams import Streams
from fairlead.cli.text.sandbox import access_lines, sandbox_lines
from fairlead.cli.wire.sandbox import Sandbox, SandboxCluster, SandboxProcess
from fairlead.sandbox.spec import Building, Built, Notice, Progress, Step
from fairlead.settings import Settings
from tests.conftest import Golden
from tests.fakes.terminal import Terminal

PARTS = ("up", "down", "status", "reset", "load-image", "logs")
DOCUMENT = Sandbox(
    clusters=[
        SandboxCluster(
            name="sandbox-1", context="sandbox-1", server="https://10.0.32.1:20001", nodes=1, version="v1.36.3"
        )
    ],
    kubeconfig="/state/kubeconfig",
    registry="127.0.0.1:20000",
    node_kind="real",
    healthy=False,
    processes=(
        SandboxProcess(name="etcd-1", running=True, pid=7, restarts=0, last_exit=None, log="/l"),
        SandboxProcess(name="kubelet-1", running=False, pid=None, restarts=4, last_exit=1, log="/l"),
        SandboxProcess(name="scheduler-1", running=False, pid=None, restarts=0, last_exit=None, log="/l"),
    ),
)


def test_the_group_and_its_commands_explain_themselves(tmp_path: Path, golden: Golden) -> None:
    terminal = Terminal(tmp_path)
    helps = [terminal.run("sandbox", *part, "--help").stdout for part in ((), *((name,) for name in PARTS))]
    golden("cli/help-sandbox.txt", "\n".join(helps))


def test_a_sandbox_in_words(golden: Golden) -> None:
    golden("cli/sandbox-status.txt", "".join(f"{line.plain}\n" for line in sandbox_lines(DOCUMENT, None)))


def test_what_is_said_of_a_start_ends_where_the_processes_begin() -> None:
    said = [line.plain for line in access_lines(DOCUMENT, None)]
    shown = [line.plain for line in sandbox_lines(DOCUMENT, None)]
    assert shown[: len(said)] == said
    assert len(shown) == len(said) + 2 + len(DOCUMENT.processes)


def test_without_a_sandbox_status_is_an_empty_document(tmp_path: Path) -> None:
    ended = Terminal(tmp_path).run("sandbox", "status", "--output", "json")
    assert ended.code == 0
    assert (ended.document["kind"], ended.document["clusters"]) == ("Sandbox", [])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("up", "--name", "../x"), "sandboxName"),
        (("up", "--clusters", "0"), "sandboxClusters"),
        (("up", "--nodes", "imagined"), "usage"),
        (("up", "--nodes", "none", "--kubeconfig-out", "home/.kube/config"), "sandboxKubeconfig"),
        (("reset",), "sandboxMissing"),
        (("logs",), "sandboxMissing"),
        (("load-image", "app:9"), "sandboxMissing"),
    ],
)
def test_what_cannot_be_is_wrong_input(tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
    ended = Terminal(tmp_path).run("sandbox", *arguments, "--output", "json")
    assert ended.code == 2
    assert [error["code"] for error in ended.document["errors"]] == [code]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Building("etcd", ("etcd",), 75.4, "pkg"), "building etcd (etcd), 1m15s: pkg"),
        (Building("etcd", ("etcd",), 5.0, ""), "building etcd (etcd), 5s"),
        (Built("etcd", ("etcd",), 61.0), "built etcd in 1m01s"),
        (Step("starting"), "starting"),
        (Notice("nodes are simulated"), "nodes are simulated"),
    ],
)
def test_every_event_has_words(event: Progress, expected: str) -> None:
    assert sentence(event) == expected


def test_without_a_terminal_a_long_build_is_told_now_and_then() -> None:
    streams = Streams(StringIO(), StringIO(), StringIO())
    with SandboxProgress(streams, color=False) as progress:
        for tenths in range(1000):
            progress.take(Building("etcd", ("etcd",), tenths / 10, ""))
        progress.take(Built("etcd", ("etcd",), 100.0))
        progress.take(Building("kwok", ("kwok",), 0.0, ""))
    assert isinstance(streams.stderr, StringIO)
    lines = streams.stderr.getvalue().splitlines()
    assert [line.partition(" (")[0] for line in lines] == [
        *["building etcd"] * 5,
        "built etcd in 1m40s",
        "building kwok",
    ]


@pytest.mark.sandbox
def test_the_commands_from_up_to_down(tmp_path: Path) -> None:
    ambient = Settings.from_environment()
    environ = {"FAIRLEAD_CACHE": str(ambient.cache), "PATH": ambient.search_path, "XDG_STATE_HOME": str(tmp_path / "s")}
    terminal = Terminal(tmp_path, environ)
    try:
        up = terminal.run("sandbox", "up", "--nodes", "none", "--kubeconfig-out", "kube.conf", "--output", "json")
        assert up.code == 0, up.stderr
        assert up.document["kubeconfig"] == str(tmp_path / "kube.conf")
        assert [(c["context"], c["nodes"], c["version"]) for c in up.document["clusters"]] == [
            ("sandbox-1", 0, "v1.36.3")
        ]
        loaded = terminal.run("sandbox", "load-image", "app:9.9")
        assert (loaded.code, loaded.stderr) == (0, f"loaded {up.document['registry']}/app:9.9\n")
        assert "==> etcd-1" in terminal.run("sandbox", "logs", "etcd-1", "--lines", "1").stdout
        assert terminal.run("sandbox", "logs", "nobody").code == 2
        reset = terminal.run("sandbox", "reset", "--output", "json")
        assert reset.document["healthy"]
    finally:
        assert terminal.run("sandbox", "down").code == 0
    assert not (tmp_path / "kube.conf").exists()
    assert terminal.run("sandbox", "status", "--output", "json").document["clusters"] == []
