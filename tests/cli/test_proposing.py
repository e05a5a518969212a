"""`poll --pr` and `observe --pr` with real git, a forge that speaks as GitLab does, and a registry in memory."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import pytest

from fairlead.bootstrap import Wishes, open_application
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.application import Application
from fairlead.pipeline.load import Loaded
from fairlead.pipeline.upgrades.upgrading import Upgrading
from fairlead.ports.events import EventSink
from fairlead.ports.registry import Registry
from fairlead.settings import Settings
from tests.fakes.bare_repository import PATH, committed, git
from tests.fakes.clock import FakeClock
from tests.fakes.forge_server import TOKEN, ForgeServer
from tests.fakes.http import HttpServer
from tests.fakes.registry import FakeRegistry
from tests.fakes.terminal import Ended, Terminal
from tests.fakes.upgrades import NOW, made

ENVIRONMENTS = """\
clusters: [{{name: eu, provider: {{minikube: {{}}}}}}]
environments:
  - {{name: test, clusterName: eu, kubeNamespace: shop, releasesFiles: [apps.yaml]}}
updates:
  forge: {{kind: gitlab, api: "{api}", repository: acme/deploy}}
  tokenFrom: {{env: FORGE_TOKEN}}
  author: {{name: Bot, email: bot@acme.test}}
{more}"""
APPS = """\
releases:
  - name: web
    chart: {dir: web}
    values:
      - {key: image.repository, value: reg.test/web}
      - {key: image.tag, value: 1.4.2} # followed
    trigger: {image: {track: MinorVersion}}
  - name: api
    chart: {dir: web}
    values:
      - {key: image.repository, value: reg.test/api}
      - {key: image.tag, value: 2.0.0}
      - {key: worker, value: "reg.test/worker:1.0.0"}
    triggers: [{image: {track: PatchLevel}}, {image: {track: PatchLevel, tagValue: worker, repoValue: worker}}]
"""


class Served(threading.Thread):
    """A forge in a thread of its own, since a command runs its own loop."""

    def __init__(self, forge: ForgeServer) -> None:
        super().__init__(daemon=True)
        self.forge, self.url = forge, ""
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with HttpServer(self.forge) as http:
            self.url = http.url
            self._ready.set()
            await self._end.wait()

    def __enter__(self) -> Self:
        self.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._end.set)
        self.join(10)


@dataclass
class Repository:
    """A repository on a server, a clone of it, the forge, and the registry in memory."""

    home: Path
    forge: ForgeServer
    registry: FakeRegistry

    @property
    def server(self) -> Path:
        return self.home / "server.git"

    @property
    def clone(self) -> Path:
        return self.home / "clone"

    async def asked(self) -> Registry:
        return self.registry

    @asynccontextmanager
    async def application(
        self, settings: Settings, wishes: Wishes, sink: EventSink, redactor: Redactor
    ) -> AsyncIterator[Application]:
        async with open_application(settings, wishes, sink, redactor) as application:
            clock = FakeClock(NOW)
            here = replace(application.upgrading, registry=self.asked, clock=clock)
            reopen = application.proposer.reopen

            def elsewhere(root: Path) -> tuple[Loaded, Upgrading]:
                loaded, upgrading = reopen(root)
                return loaded, replace(upgrading, registry=self.asked, clock=clock)

            proposer = replace(application.proposer, reopen=elsewhere, registry=self.asked, clock=clock)
            yield replace(application, upgrading=here, proposer=proposer)

    def run(self, *arguments: str, code: int = 0) -> Any:
        environ = {"HOME": str(self.home), "PATH": PATH, "FORGE_TOKEN": TOKEN}
        ended: Ended = Terminal(self.clone, open=self.application, environ=environ).run(*arguments, "--output", "json")
        assert ended.code == code, ended
        assert TOKEN not in ended.stdout + ended.stderr
        return ended.document

    def fates(self, *arguments: str) -> dict[str, str]:
        return {one["release"]: one["proposed"] for one in self.run(*arguments)["updates"]}


async def _made(home: Path, environments: str) -> None:
    (home / "server.git").mkdir()
    await git(home / "server.git", "init", "--quiet", "--bare")
    first = home / "clone"
    (first / "web").mkdir(parents=True)
    await git(first, "init", "--quiet")
    (first / "web" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (first / "environments.yaml").write_text(environments)
    (first / "apps.yaml").write_text(APPS)
    await git(first, "add", ".")
    await git(first, "commit", "--quiet", "-m", "first")
    await git(first, "remote", "add", "origin", str(home / "server.git"))
    await git(first, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    await git(home / "server.git", "symbolic-ref", "HEAD", "refs/heads/main")


@pytest.fixture
def more() -> str:
    return ""


@pytest.fixture
def repository(tmp_path: Path, more: str) -> Iterator[Repository]:
    forge = ForgeServer("gitlab")
    registry = FakeRegistry()
    for image in ("web:1.4.2", "web:1.5.0", "api:2.0.0", "api:2.0.1", "worker:1.0.0"):
        registry.publish(f"reg.test/{image}", made(2))
    with Served(forge) as served:
        asyncio.run(_made(tmp_path, ENVIRONMENTS.format(api=served.url, more=more)))
        yield Repository(tmp_path, forge, registry)


def shown(repository: Repository, branch: str, file: str = "apps.yaml") -> str:
    return asyncio.run(git(repository.server, "show", f"{branch}:{file}")) + "\n"


def test_a_poll_opens_a_request_for_each_release(repository: Repository) -> None:
    found = repository.run("poll", "--pr")["updates"]

    assert {(one["release"], one["to"], one["proposed"]) for one in found} == {
        ("web", "1.5.0", "opened"),
        ("api", "2.0.1", "opened"),
    }
    assert all(one["pullRequest"].startswith("https://forge.example.org/") for one in found)
    assert shown(repository, "fairlead/test.web") == APPS.replace("1.4.2", "1.5.0")
    assert shown(repository, "main") == APPS
    assert (repository.clone / "apps.yaml").read_text() == APPS
    assert {pull.branch for pull in repository.forge.pulls} == {"fairlead/test.web", "fairlead/test.api"}


def test_doing_it_again_changes_nothing_and_merging_ends_it(repository: Repository) -> None:
    repository.run("poll", "--pr")
    assert repository.fates("poll", "--pr") == {"web": "current", "api": "current"}
    asyncio.run(committed(repository.server, "apps.yaml", APPS.replace("1.4.2", "1.5.0")))

    assert repository.fates("poll", "--pr") == {"api": "updated"}

    assert [pull.branch for pull in repository.forge.pulls if pull.is_open] == ["fairlead/test.api"]


def test_what_a_failed_look_leaves_open_is_not_closed(repository: Repository) -> None:
    repository.run("poll", "--pr")
    repository.registry.publish("reg.test/web:1.4.2", made(3))
    asyncio.run(committed(repository.server, "apps.yaml", APPS.replace("reg.test/web", "reg.test/gone")))

    repository.run("poll", "--pr")

    assert [pull.is_open for pull in repository.forge.pulls] == [True, True]


def test_announcements_of_one_release_come_together_in_one_request(repository: Repository) -> None:
    repository.run("observe", "--image", "reg.test/api:2.0.5", "--pr")
    repository.run("observe", "--image", "reg.test/worker:1.0.3", "--pr")

    assert shown(repository, "fairlead/test.api") == APPS.replace("2.0.0", "2.0.5").replace(
        "worker:1.0.0", "worker:1.0.3"
    )
    (pull,) = repository.forge.pulls
    assert "2.0.5" in pull.body
    assert "1.0.3" in pull.body


def test_an_older_announcement_takes_nothing_back(repository: Repository) -> None:
    repository.run("observe", "--image", "reg.test/api:2.0.5", "--pr")
    repository.run("observe", "--image", "reg.test/api:2.0.4", "--pr")

    assert shown(repository, "fairlead/test.api") == APPS.replace("2.0.0", "2.0.5")


@pytest.mark.parametrize("more", ["  direct: true\n"])
def test_direct_changes_are_one_commit(repository: Repository) -> None:
    found = repository.run("poll", "--pr")["updates"]

    assert {one["proposed"] for one in found} == {"committed"}
    assert shown(repository, "main") == APPS.replace("1.4.2", "1.5.0").replace("2.0.0", "2.0.1")
    assert asyncio.run(git(repository.server, "rev-list", "--count", "main")) == "2"
    assert repository.run("poll", "--pr")["updates"] == []


def test_the_commit_names_what_and_why(repository: Repository) -> None:
    source = "org.opencontainers.image.source"
    repository.registry.publish("reg.test/web:1.6.0", replace(made(1), labels={source: "https://github.com/acme/web"}))

    repository.run("poll", "-r", "web", "--pr")

    message = asyncio.run(git(repository.server, "log", "-1", "--format=%an <%ae>%n%B", "fairlead/test.web"))
    assert message.startswith("Bot <bot@acme.test>\nUpdate web to 1.6.0 in test\n")
    assert "Source: https://github.com/acme/web" in message


def test_without_a_token_nothing_is_begun(repository: Repository) -> None:
    environ = {"HOME": str(repository.home), "PATH": PATH}
    ended = Terminal(repository.clone, open=repository.application, environ=environ).run("poll", "--pr")

    assert ended.code == 2
    assert repository.forge.pulls == []


def test_files_here_or_in_the_repository_but_not_both(repository: Repository) -> None:
    repository.run("poll", "--pr", "--patch", code=2)


def test_outside_of_a_clone_there_is_nowhere_to_propose(repository: Repository) -> None:
    asyncio.run(git(repository.clone, "remote", "remove", "origin"))

    assert repository.run("poll", "--pr", code=2)["errors"][0]["code"] == "noRemote"


def test_what_is_kept_in_a_lock_file_is_proposed_there_and_counts_from_then_on(repository: Repository) -> None:
    locked = APPS.replace("  - name: web\n", "  - name: web\n    lockFile: true\n")
    asyncio.run(committed(repository.server, "apps.yaml", locked))

    assert repository.fates("poll", "--pr", "-r", "web") == {"web": "opened"}

    entry = "{environment: test, release: web, key: image.tag, declared: 1.4.2, value: 1.5.0}"
    assert shown(repository, "fairlead/test.web", "apps.lock.yaml").splitlines()[-1] == f"  - {entry}"
    assert shown(repository, "fairlead/test.web") == locked

    assert repository.fates("poll", "--pr", "-r", "web") == {"web": "current"}
    asyncio.run(git(repository.server, "update-ref", "refs/heads/main", "refs/heads/fairlead/test.web"))
    asyncio.run(git(repository.clone, "pull", "--quiet", "--rebase", "origin", "main"))
    value = repository.run("values", "test", "web")
    assert value["values"]["image"]["tag"] == "1.5.0"
    assert value["provenance"]["image.tag"] == {"file": "apps.lock.yaml", "line": 3, "source": "release.lockFile"}
    assert repository.fates("poll", "--pr", "-r", "web") == {}


@pytest.mark.parametrize("more", ["  direct: false\n", "  direct: true\n"])
def test_what_could_not_be_written_is_a_failure_and_stops_no_other(repository: Repository, more: str) -> None:
    """The values of `api` are another release's, too, which wants nothing new."""
    values = "    values: &shared\n      - {key: image.repository, value: reg.test/api}\n"
    other = "  - {name: old, chart: {dir: web}, values: *shared}\n"
    head, _, api = APPS.partition("    values:\n      - {key: image.repository, value: reg.test/api}\n")
    asyncio.run(committed(repository.server, "apps.yaml", f"{head}{values}{api}{other}"))

    found = repository.run("poll", "--pr", code=1)["updates"]

    made = "committed" if "true" in more else "opened"
    assert {one["release"]: one["proposed"] for one in found} == {"web": made, "api": "nothing"}


@pytest.mark.parametrize("more", ["  direct: true\n"])
def test_ninety_updates_of_one_repository_are_one_commit_within_half_a_minute(repository: Repository) -> None:
    release = APPS.partition("  - name: api")[0].removeprefix("releases:\n")
    apps = "releases:\n" + "".join(release.replace("name: web", f"name: web{number}") for number in range(90))
    asyncio.run(committed(repository.server, "apps.yaml", apps))
    started = time.process_time()

    found = repository.run("poll", "--pr")["updates"]

    assert time.process_time() - started < 30
    assert [one["proposed"] for one in found] == ["committed"] * 90
    assert shown(repository, "main") == apps.replace("1.4.2", "1.5.0")
    assert asyncio.run(git(repository.server, "rev-list", "--count", "main")) == "3"
