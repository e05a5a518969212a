"""`fairlead webhooks`: what it refuses, and as a process that serves, is killed, and ends when asked."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path

import pytest

from fairlead.adapters.deliveries.sqlite import SqliteQueue
from fairlead.domain.images import parse_image
from fairlead.domain.webhooks.deliveries import BranchPushed, Delivery, ImagePushed
from tests.fakes.installed import FAIRLEAD
from tests.fakes.repository import write_files
from tests.fakes.terminal import Terminal
from tests.fakes.upgrades import ENVIRONMENTS
from tests.fakes.webhooks import CONFIG, SECRET, Server, delivery, serving

APPS = """\
releases:
  - name: web
    chart: {dir: c}
    values: [{key: image.repository, value: reg.test/web}, {key: image.tag, value: 1.0.0}]
    trigger: {image: {track: MinorVersion}}
  - name: api
    chart: {dir: c}
    values: [{key: image.repository, value: reg.test/api}, {key: image.tag, value: 2.0.0}]
    trigger: {image: {track: PatchLevel}}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {"environments.yaml": ENVIRONMENTS, "apps.yaml": APPS, "webhooks.yaml": CONFIG, "c/": ""}
    files["wrong.yaml"] = CONFIG.replace("generic", "generik")
    write_files(tmp_path / "shop", files)
    return tmp_path / "shop"


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        ((), "usage", None),
        (("--config", "missing.yaml"), "missingFile", None),
        (("--config", "wrong.yaml"), "invalidValue", 2),
        (("--config", "webhooks.yaml", "--listen", "8080"), "invalidAddress", None),
        (("--config", "webhooks.yaml", "--listen", "127.0.0.1:70000"), "invalidAddress", None),
        (("--config", "webhooks.yaml", "--listen", "::1:80"), "invalidAddress", None),
        (("--config", "webhooks.yaml", "--listen", "fd:x"), "invalidAddress", None),
        (("--config", "webhooks.yaml", "--listen", "fd:70000"), "invalidAddress", None),
        (("--config", "webhooks.yaml", "--patch-charts"), "conflictingOptions", None),
        (("--config", "webhooks.yaml", "tset"), "unknownEnvironment", None),
        (("--config", "webhooks.yaml", "-f", "none.yaml"), "missingFile", None),
        (("--config", "webhooks.yaml"), "usage", None),
    ],
)
def test_wrong_words(repository: Path, arguments: tuple[str, ...], code: str, line: int | None) -> None:
    terminal = Terminal(repository, environ={"CI_SECRET": SECRET})

    ended = terminal.run("webhooks", *arguments, "--output", "json")

    assert ended.code == 2
    (problem,) = ended.document["errors"]
    assert (problem["code"], problem["line"]) == (code, line)


def test_without_a_secret_nothing_is_served(repository: Path) -> None:
    ended = Terminal(repository).run("webhooks", "--config", "webhooks.yaml", "--output", "json")

    assert (ended.code, ended.document["errors"][0]["code"]) == (2, "secretMissing")


@pytest.mark.parametrize("name", ["uvicorn", "httptools"])
def test_without_the_server_extra_it_says_what_to_install(
    repository: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)

    terminal = Terminal(repository, environ={"CI_SECRET": SECRET})
    ended = terminal.run("webhooks", "--config", "webhooks.yaml", "--output", "json")

    (problem,) = ended.document["errors"]
    assert (ended.code, problem["code"]) == (2, "serverMissing")
    assert "fairlead[server]" in problem["remedy"]


async def test_a_delivery_is_written_into_the_files(repository: Path) -> None:
    async with serving(repository, "--patch") as server:
        assert await server.deliver("reg.test/web:1.1.0") == 202
        assert (await server.line(), await server.line()) == (
            "reg.test/web 1.1.0:",
            "  test/web  1.0.0 -> 1.1.0  image.tag, written to apps.yaml:4",
        )
        assert await server.end(signal.SIGTERM) == 130

    assert (repository / "apps.yaml").read_text() == APPS.replace("1.0.0", "1.1.0")


async def test_a_server_takes_them_in_the_same_process(repository: Path) -> None:
    async with serving(repository, "server", "--webhooks", "webhooks.yaml", "--patch") as server:
        assert await server.deliver("reg.test/web:1.1.0", "another secret, not less long") == 401
        assert await server.deliver("reg.test/web:1.1.0") == 202
        assert (await server.line(), await server.line()) == (
            "reg.test/web 1.1.0:",
            "  test/web  1.0.0 -> 1.1.0  image.tag, written to apps.yaml:4",
        )
        assert await server.get("/api/v1/descriptors") == 200
        assert await server.end(signal.SIGTERM) == 130

    assert (repository / "apps.yaml").read_text() == APPS.replace("1.0.0", "1.1.0")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--webhooks", "missing.yaml"), "missingFile"),
        (("--webhooks", "wrong.yaml"), "invalidValue"),
        (("--webhooks", "webhooks.yaml"), "secretMissing"),
        (("--patch",), "conflictingOptions"),
        (("--pr",), "conflictingOptions"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_server_refuses_what_would_take_from_anybody(repository: Path, arguments: tuple[str, ...], code: str) -> None:
    ended = Terminal(repository).run("server", *arguments, "--data", "data", "--output", "json")
    assert (ended.code, ended.document["errors"][0]["code"]) == (2, code)
    assert not (repository / "data").exists()


async def test_without_patch_it_only_tells(repository: Path) -> None:
    async with serving(repository) as server:
        assert await server.deliver("reg.test/web:1.1.0") == 202
        assert await server.deliver("reg.test/other:1.1.0") == 202
        lines = [await server.line() for _ in range(3)]
        assert await server.end(signal.SIGINT) == 130

    assert lines == [
        "reg.test/web 1.1.0:",
        "  test/web  1.0.0 -> 1.1.0  image.tag, not written",
        "reg.test/other 1.1.0: no release wants it",
    ]
    assert (repository / "apps.yaml").read_text() == APPS


async def test_it_tells_why_a_release_wants_nothing_when_asked(repository: Path) -> None:
    async with serving(repository, "-v") as server:
        assert await server.deliver("reg.test/web:2.0.0") == 202
        lines = [await server.line(), await server.line()]
        await server.end(signal.SIGTERM)

    assert lines[0] == "reg.test/web 2.0.0: no release wants it"
    assert lines[1].startswith("  test/web  skipped, outsideTrack: ")


async def test_after_a_kill_between_answer_and_act_nothing_is_lost(repository: Path) -> None:
    async with serving(repository, "--patch") as server:
        assert await server.deliver("reg.test/web:1.1.0") == 202
        assert await server.deliver("reg.test/api:2.0.1") == 202
        assert await server.deliver("reg.test/api:2.0.2") == 202
        await server.end(signal.SIGKILL)
    assert (repository / "apps.yaml").read_text() == APPS

    async with serving(repository, "--patch") as server:
        lines = [await server.line() for _ in range(4)]
        await server.end(signal.SIGTERM)

    assert lines[0::2] == ["reg.test/web 1.1.0:", "reg.test/api 2.0.1, 2.0.2:"]
    assert (repository / "apps.yaml").read_text() == APPS.replace("1.0.0", "1.1.0").replace("2.0.0", "2.0.2")


async def test_who_comes_while_it_starts_again_waits_where_the_socket_is_handed_over(repository: Path) -> None:
    """As systemd does: the socket outlives the process, so nobody is refused."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        command = (str(FAIRLEAD), "webhooks", "--config", "webhooks.yaml", "--listen", f"fd:{held.fileno()}")

        async def started() -> Server:
            env = {"CI_SECRET": SECRET, "HOME": str(repository / "home"), "PATH": "/usr/bin:/bin"}
            process = await asyncio.create_subprocess_exec(  # noqa: TID251 - the door hands no descriptors over
                *command, cwd=repository, env=env, stdout=asyncio.subprocess.PIPE, pass_fds=(held.fileno(),)
            )
            server = Server(process, held.getsockname()[1])
            assert await server.line() == f"listening on http://127.0.0.1:{server.port}"
            return server

        first = await started()
        assert await first.deliver("reg.test/web:1.1.0") == 202
        await first.end(signal.SIGKILL)
        reader, writer = await asyncio.open_connection("127.0.0.1", first.port)
        writer.write(delivery("reg.test/web:1.1.1"))
        second = await started()

        assert await reader.readline() == b"HTTP/1.1 202 Accepted\r\n"
        writer.close()
        assert await second.end(signal.SIGTERM) == 130


async def test_files_that_are_broken_for_a_while_are_read_again(repository: Path) -> None:
    async with serving(repository, "--patch") as server:
        (repository / "apps.yaml").write_text("releases: [")
        assert await server.deliver("reg.test/web:1.1.0") == 202
        assert server.process.stderr is not None
        assert b"reg.test/web" in await server.process.stderr.readline()
        (repository / "apps.yaml").write_text(APPS)
        assert await server.line() == "reg.test/web 1.1.0:"
        await server.end(signal.SIGTERM)

    assert (repository / "apps.yaml").read_text() == APPS.replace("1.0.0", "1.1.0")


def test_two_processes_do_not_share_a_queue(repository: Path) -> None:
    queue = SqliteQueue(repository / "q.sqlite")
    try:
        terminal = Terminal(repository, environ={"CI_SECRET": SECRET})
        ended = terminal.run("webhooks", "--config", "webhooks.yaml", "--queue", "q.sqlite")
    finally:
        asyncio.run(queue.close())

    assert ended.code == 1
    assert str(repository / "q.sqlite") in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("options", [(), ("-v",)])
async def test_a_push_to_a_branch_is_dropped_and_told_only_when_asked(
    repository: Path, options: tuple[str, ...]
) -> None:
    queue = SqliteQueue(repository / "q.sqlite")
    push = BranchPushed("acme/shop", "main", "0" * 40)
    image = ImagePushed(parse_image("reg.test/web").name, "1.1.0")
    await queue.accept(Delivery("forge", "1", (push,)))
    await queue.accept(Delivery("ci", "2", (image,)))
    await queue.close()

    async with serving(repository, "--queue", "q.sqlite", *options) as server:
        assert await server.line() == "reg.test/web 1.1.0:"
        await server.end(signal.SIGTERM)
        assert server.process.stderr is not None
        told = (await server.process.stderr.read()).decode()

    assert ("acme/shop" in told) == bool(options)
    queue = SqliteQueue(repository / "q.sqlite")
    assert await queue.waiting(10) == ()
    await queue.close()


async def test_a_secret_is_in_nothing_that_is_said(repository: Path) -> None:
    async with serving(repository, "-vv") as server:
        assert await server.deliver("reg.test/web:1.1.0", "a wrong secret") == 401
        assert await server.deliver("reg.test/web:1.1.0") == 202
        said = [await server.line(), await server.line()]
        await server.end(signal.SIGTERM)
        assert server.process.stderr is not None
        said.append((await server.process.stderr.read()).decode())

    assert SECRET not in "".join(said)
