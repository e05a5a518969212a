"""The command line as a whole: dispatch, exit codes, errors as text and as JSON."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fairlead.bootstrap import Wishes
from fairlead.cli.catalog import CATALOG
from fairlead.cli.entries.entry import Entry
from fairlead.cli.main import commands
from fairlead.domain.errors import (
    FairleadError,
    InputError,
    Interrupted,
    OperationFailed,
    Problem,
    Refused,
    RemoteRefused,
    Severity,
    Transient,
)
from fairlead.doors.process import Program
from fairlead.doors.process import run as run_program
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.application import Application
from fairlead.ports.events import EventSink
from fairlead.settings import Settings
from tests.conftest import Golden
from tests.fakes.terminal import Terminal

PROBLEM = Problem(
    "unknownKey",
    "unknown key 'nmae'",
    "environments.yaml",
    4,
    5,
    "environments[0].nmae",
    "did you mean 'name'?",
)


def failing(error: BaseException, directory: Path) -> Terminal:
    @asynccontextmanager
    async def broken(
        _settings: Settings, _wishes: Wishes, _sink: EventSink, redactor: Redactor
    ) -> AsyncIterator[Application]:
        redactor.register(["hunter2hunter2"])
        raise error
        yield  # type: ignore[unreachable] # makes this a generator

    return Terminal(directory, open=broken)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("help",)])
def test_the_overview_lists_every_command(tmp_path: Path, golden: Golden, arguments: tuple[str, ...]) -> None:
    ended = Terminal(tmp_path).run(*arguments)
    assert ended.code == 0
    golden("cli/help.txt", ended.stdout)


@pytest.mark.parametrize("name", [entry.name for entry in CATALOG if entry.name not in ("sandbox", "tokens")])
def test_every_command_explains_itself_in_eighty_columns(tmp_path: Path, golden: Golden, name: str) -> None:
    ended = Terminal(tmp_path).run(name, "--help")
    assert ended.code == 0
    golden(f"cli/help-{name}.txt", ended.stdout)
    assert max(len(line) for line in ended.stdout.splitlines() if not line.startswith("  fairlead ")) <= 80


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("plna",), "unknownCommand"),
        (("--nonsense",), "unknownCommand"),
        (("list",), "usage"),
        (("list", "planets"), "usage"),
        (("schema", "output", "--nonsense"), "usage"),
        (("schema", "output", "extra"), "usage"),
        (("schema", "output", "--output"), "usage"),
        (("env",), "usage"),
        (("tokens", "nonsense"), "usage"),
        (("completion",), "usage"),
    ],
)
def test_a_wrong_command_line_is_wrong_input(tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
    ended = Terminal(tmp_path).run(*arguments)
    assert (ended.code, ended.stdout) == (2, "")
    as_json = Terminal(tmp_path).run("--output", "json", *arguments)
    assert as_json.code == 2
    assert as_json.document["kind"] == "Error"
    assert [error["code"] for error in as_json.document["errors"]] == [code]


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry.name)
def test_each_command_and_each_of_its_commands_has_an_example_of_its_own(entry: Entry) -> None:
    below = getattr(commands()[entry.name], "commands", {"": None})
    shown = [f"{one.command} " for one in entry.examples]
    for name in below:
        assert [one for one in shown if f"{entry.name} {name}" in one], name


@pytest.mark.parametrize(
    ("arguments", "helps"),
    [(("env",), "fairlead env"), (("env", "set"), "fairlead env set"), (("plan", "--wrong"), "fairlead plan")],
)
def test_a_wrong_command_line_is_told_whose_help_to_read(
    tmp_path: Path, arguments: tuple[str, ...], helps: str
) -> None:
    ended = Terminal(tmp_path).run(*arguments, "--output", "json")
    assert f"`{helps} --help`" in ended.document["errors"][0]["remedy"]
    assert "\t" not in ended.document["errors"][0]["message"]


@pytest.mark.parametrize("output", [("--output", "json"), ("--output=json",)])
def test_common_options_may_stand_before_the_command(tmp_path: Path, output: tuple[str, ...]) -> None:
    ended = Terminal(tmp_path).run("-v", *output, "new", "shop")
    assert ended.code == 0
    assert ended.document["kind"] == "Files"


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (InputError(PROBLEM), 2),
        (OperationFailed(PROBLEM), 1),
        (RemoteRefused(PROBLEM), 1),
        (Transient(PROBLEM), 1),
        (Refused(PROBLEM), 4),
        (Interrupted(PROBLEM), 130),
        (ExceptionGroup("two", [InputError(PROBLEM), InputError(PROBLEM)]), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_the_kind_of_error_decides_the_exit_code(error: BaseException, exit_code: int, tmp_path: Path) -> None:
    ended = failing(error, tmp_path).run("list", "clusters", "--output", "json")
    assert ended.code == exit_code
    assert ended.document["kind"] == "Error"
    assert len(ended.document["errors"]) == 1


def test_an_error_names_place_finding_and_remedy(tmp_path: Path, golden: Golden) -> None:
    problems = (
        PROBLEM,
        Problem("noNamespace", "no namespace; `default` is used", "a.yaml", 9, severity=Severity.WARNING),
        Problem("unreachable", "the cluster eu does not answer: " + "connection refused, " * 6 + "and so on"),
    )
    terminal = failing(InputError(problems), tmp_path)
    ended = terminal.run("list", "clusters")
    assert ended.stdout == ""
    golden("cli/errors.txt", ended.stderr)


def test_a_surprise_becomes_a_report_that_only_its_owner_can_read(tmp_path: Path) -> None:
    terminal = failing(ZeroDivisionError("surprise hunter2hunter2"), tmp_path)
    ended = terminal.run("list", "clusters", "--output", "json")
    assert ended.code == 1
    assert [error["code"] for error in ended.document["errors"]] == ["bug"]
    (report,) = (tmp_path / "home" / ".local" / "state" / "fairlead" / "reports").iterdir()
    assert report.stat().st_mode & 0o777 == 0o600
    assert "ZeroDivisionError: surprise (secret)" in report.read_text()
    assert str(report) in ended.document["errors"][0]["remedy"]
    assert "Traceback" not in ended.stdout + ended.stderr


def test_no_error_shows_a_secret(tmp_path: Path) -> None:
    error = OperationFailed(Problem("helmFailed", "the value hunter2hunter2 is not a number"))
    ended = failing(error, tmp_path).run("list", "clusters")
    assert "hunter2" not in ended.stderr


def test_a_surprise_is_reported_even_where_no_report_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    terminal = failing(ZeroDivisionError("surprise"), tmp_path)
    assert terminal.run("list", "clusters").code == 1


def test_one_surprise_among_known_errors_is_still_a_bug(tmp_path: Path) -> None:
    mixed = ExceptionGroup("mixed", [InputError(PROBLEM), ZeroDivisionError("surprise")])
    ended = failing(mixed, tmp_path).run("list", "clusters", "--output", "json")
    assert [each["code"] for each in ended.document["errors"]] == ["bug"]


def test_an_error_without_problems_still_speaks(tmp_path: Path) -> None:
    assert failing(FairleadError(()), tmp_path).run("list", "clusters", "--output", "json").code == 1


async def test_the_version_is_answered_before_anything_large_is_imported() -> None:
    script = (
        "import sys; from fairlead.__main__ import main; code = main(['--version']);"
        "large = {'typer', 'rich', 'aiohttp', 'asyncio', 'msgspec', 'yaml'} & set(sys.modules);"
        "sys.exit(code or (f'imported {large}' if large else 0))"
    )
    finished = await run_program(Program((sys.executable, "-c", script)))
    assert finished.stdout.startswith(b"fairlead ")


UNITS = ("fairlead.pipeline.units", "fairlead.server", "fairlead.cli.wire.upgrades", "fastapi", "sqlite3")
RELEASES = ("fairlead.pipeline.application", "fairlead.pipeline.deploy", "fairlead.pipeline.upgrades", "fastapi")


@pytest.mark.parametrize(
    ("commands", "others"),
    [
        pytest.param(("apply", "plan"), UNITS, id="releases"),
        pytest.param(("deploy", "promote", "abort", "undeploy"), RELEASES, id="apps"),
    ],
)
async def test_deploying_imports_nothing_of_what_other_commands_need(
    commands: tuple[str, ...], others: tuple[str, ...]
) -> None:
    imported = ", ".join(f"fairlead.cli.commands.{name}" for name in commands)
    script = (
        f"import sys; import fairlead.cli.main, {imported};"
        f"found = [name for name in sys.modules if name.startswith({others})];"
        "sys.exit(f'imported {found}' if found else 0)"
    )
    await run_program(Program((sys.executable, "-c", script)))
