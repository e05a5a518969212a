"""The Tab key: commands, options, choices and names, quickly and without a word on broken files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fairlead.cli.completion.answer import FILES, complete
from fairlead.cli.completion.scripts import SCRIPTS
from fairlead.doors.process import Program, locate
from fairlead.doors.process import run as run_program
from fairlead.settings import Settings

ENVIRONMENTS = """\
clusters: [{name: eu, provider: {minikube: {}}}, {name: us, provider: {minikube: {}}}]
environments:
  - name: test
    clusterName: eu
    releasesFiles: [apps.yaml, missing.yaml]
    releases: [{name: inline, resourceFiles: [x.yaml]}, older.yaml]
  - {name: staging, clusterName: us, releasesFiles: [apps.yaml]}
  - {name: blue, clusterName: us, releases: [{name: shop, app: {}}, {name: cache, resourceFiles: [x.yaml]}]}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "environments.yaml").write_text(ENVIRONMENTS)
    (tmp_path / "apps.yaml").write_text("releases: [{name: web}, {name: api}, {nmae: typo}]\n")
    (tmp_path / "older.yaml").write_text("releases: [{name: old}]\n")
    (tmp_path / "other.yaml").write_text("environments: [{name: elsewhere}]\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pl"], ["plan"]),
        (["di"], ["diff"]),
        (["--v"], ["--version"]),
        (["plan", ""], ["test", "staging", "blue"]),
        (["diff", "te"], ["test"]),
        (["plan", "test", "-r", ""], ["inline", "old", "web", "api"]),
        (["plan", "staging", "--release", "w"], ["web"]),
        (["plan", "test", "-r", "web,a"], ["web,api"]),
        (["plan", "-r", "old"], ["old"]),
        (["plan", "--cluster", ""], ["eu", "us"]),
        (["promote", ""], ["shop"]),
        (["pause", "s"], ["shop"]),
        (["resume", "-e", "test", ""], []),
        (["abort", "-e", "blue", ""], ["shop"]),
        (["units", "shop", "-e", "b"], ["blue"]),
        (["units", "shop", ""], ["shop"]),
        (["plan", "--detailed"], ["--detailed-exitcode"]),
        (["plan", "-v", "st"], ["staging"]),
        (["plan", "-f", "other.yaml", ""], ["elsewhere"]),
        (["plan", "-f", ""], [FILES]),
        (["plan", "test", ""], []),
        (["values", "test", "w"], ["web"]),
        (["init", "test", "s"], ["staging"]),
        (["deploy", "-e", "nowhere", "-r", ""], []),
        (["list", ""], ["clusters", "environments", "releases"]),
        (["plan", "--output", ""], ["text", "json"]),
        (["completion", "z"], ["zsh"]),
        (["sandbox", "u"], ["up"]),
        (["sandbox", "up", "--no"], ["--nodes", "--no-color"]),
        (["sandbox", "up", "--nodes", "s"], ["simulated"]),
        (["nonsense", ""], []),
    ],
)
def test_candidates(shop: Path, words: list[str], expected: list[str]) -> None:
    assert complete(words, Settings.from_environment({}), shop) == expected


@pytest.mark.parametrize(
    "text", ["", "environments: [", "environments: 7", "- 1", "environments: [{name: 3}, 4, null]"]
)
def test_broken_files_complete_to_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "environments.yaml").write_text(text)
    assert complete(["plan", ""], Settings.from_environment({}), tmp_path) == []


async def test_the_command_answers_without_importing_the_command_line(shop: Path) -> None:
    script = (
        "import sys; from fairlead.__main__ import main; code = main(['__complete', 'plan', 'te']);"
        "large = {'typer', 'rich', 'aiohttp', 'asyncio'} & set(sys.modules);"
        "sys.exit(code or (f'imported {large}' if large else 0))"
    )
    finished = await run_program(Program((sys.executable, "-c", script), cwd=shop))
    assert finished.stdout == b"test\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_the_script_is_one_that_the_shell_understands(shell: str, tmp_path: Path) -> None:
    found = locate(shell, search_path="/usr/local/bin:/usr/bin:/bin")
    if found is None:  # nothing to ask: the machine has no such shell
        assert "__complete" in SCRIPTS[shell]
        return
    script = tmp_path / "script"
    script.write_text(SCRIPTS[shell])
    check = "--no-execute" if shell == "fish" else "-n"
    finished = await run_program(Program((str(found), check, str(script))))
    assert finished.exit_code == 0


async def test_bash_completes_names_through_the_script(shop: Path) -> None:
    script = shop / "completion.bash"
    script.write_text(SCRIPTS["bash"])
    fairlead = Path(sys.executable).parent / "fairlead"
    words = f"COMP_WORDS=({fairlead} plan st); COMP_CWORD=2"
    line = f"source {script}; {words}; _fairlead; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    finished = await run_program(Program(("/bin/bash", "-c", line), cwd=shop))
    assert finished.stdout == b"staging\n"
